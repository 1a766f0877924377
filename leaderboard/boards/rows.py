"""A board's rows as HTML.

A page has a thousand cells. Templates would take a tenth of a second over them; this takes a few
milliseconds, and every text from outside passes through `escape`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.formats import get_format
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from evaluations.models import Benchmark
from evaluations.queries.standings import Cell, Row
from evaluations.queries.support import Support
from evaluations.scoring.aggregate import Estimate
from leaderboard.boards.facets import SUPPORT
from leaderboard.boards.snapshot import Axis, Snapshot
from leaderboard.boards.view import View
from leaderboard.templatetags.assay import parameters

#: A whisker's drawing is so wide, in px; the stylesheet gives it its size and scale.
_WIDE = 60
_HEATS = 6
_TO = "\N{EN DASH}"
#: Below a tenth of a per cent one decimal would say ±0.0.
_FINE = 0.001
_PUNCHES = {
    Support.INDEPENDENT_R0: "R0", Support.INDEPENDENT_R1: "R1", Support.INDEPENDENT_R2: "R2",
    Support.AGAIN_R0: "R0", Support.AGAIN_R1: "R1", Support.AGAIN_R2: "R2",
    Support.DIVERGED: "≠", Support.ONCE: "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drawn:
    """Rows that follow each other in one section.

    Attributes:
        section: its place.
        html: the rows.
    """

    section: int
    html: SafeString


class Pen:
    """Writes rows of one view in the reader's language."""

    def __init__(self, snapshot: Snapshot, view: View, columns: Sequence[int]) -> None:
        """Prepare what all rows share.

        Args:
            snapshot: the board.
            view: how it is shown.
            columns: places of the benchmarks to show.
        """
        self._separator = get_format("DECIMAL_SEPARATOR")
        self._view = view
        self._score = snapshot.score
        benchmarks = snapshot.standings.benchmarks
        self._columns = [(place, snapshot.axes[place], benchmarks[place]) for place in columns]
        self._result = reverse("result", args=["-"]).replace("-/", "")
        self._words = {support: escape(word) for support, word in SUPPORT.items()}
        self._no_value = f'—<span class="vh">{escape(_("not measured"))}</span>'
        self._details = escape(_("details"))
        self._tied, self._template = escape(_("tied")), escape(_("chat template"))
        self._size = escape(_("Size"))
        self._titles = {place: escape(b.title) for place, _axis, b in self._columns}

    def sections(self, rows: Sequence[tuple[int, Row]], *, brackets: bool) -> list[Drawn]:
        """Write rows, those of one section together.

        Args:
            rows: each with its section's place.
            brackets: whether they stand in the order of their ranks, so that ties stand together.
        """
        found: list[tuple[int, list[str]]] = []
        for place, (section, row) in enumerate(rows):
            if not found or found[-1][0] != section:
                found.append((section, []))
            tie = _tie(rows, place) if brackets else ""
            found[-1][1].append(self.row(row, tie, usual=section == 0))
        return [Drawn(section, SafeString("".join(html))) for section, html in found]

    def row(self, row: Row, tie: str, *, usual: bool) -> str:
        """Write one row.

        Args:
            row: the row.
            tie: `ts`, `tm` or `te` at the start, in the middle and at the end of a bracket.
            usual: whether it is among the rows that are ranked together, which the axes are of.
        """
        chosen = " checked" if row.result in self._view.pins else ""
        mark = ' class="sel"' if chosen else ""
        org, _slash, name = row.name.rpartition("/")
        where = f' <bdi class="o">{escape(org)}</bdi>' if org else ""
        tag = f' <span class="tg">{self._template}</span>' if row.template else ""
        # As it stands in the link after it, so that it costs few bytes.
        label = escape(f"{name} {org}" if org else name)
        cells = "".join(
            self._cell(row.cells[place], axis if usual else None, benchmark, self._titles[place])
            for place, axis, benchmark in self._columns
        )
        return (
            f'<tr role="row"{mark}><td role="cell" class="rk {tie}">{self._rank(row, tie)}</td>'
            f'<th scope="row" role="rowheader" class="md">'
            f'<input type="checkbox" name="pin" form="chosen" value="{row.result}"'
            f' aria-label="{label}"{chosen}>'
            f'<a href="{self._result}{row.result}/"><bdi>{escape(name)}</bdi></a>{where}{tag}'
            f'<details class="more"><summary>{self._details}</summary></details></th>'
            f'<td role="cell" class="sz" data-l="{self._size}">{parameters(row.parameters)}</td>'
            f'<td role="cell" class="sc">{self._number(row.estimate)}'
            f"{self._whisker(row.estimate, self._score if usual else None, 'w2')}</td>"
            f'{cells}<td role="cell" class="evc">{self._evidence(row)}</td></tr>\n'
        )

    def _rank(self, row: Row, tie: str) -> str:
        if row.first is None or row.last is None:
            text = str(row.rank)
        else:
            text = str(row.first) if row.first == row.last else f"{row.first}{_TO}{row.last}"
        tied = f'<span class="vh"> {self._tied}</span>' if tie else ""
        return f'<bdi dir="ltr">{text}</bdi>{tied}'

    def _cell(self, cell: Cell | None, axis: Axis | None, benchmark: Benchmark, title: str) -> str:
        if cell is None:
            return f'<td data-l="{title}" role="cell" class="b m">{self._no_value}</td>'
        # What all cells of a column share stands together, so that gzip sees it as one.
        heat = "" if axis is None else _heat(cell.estimate.value, axis)
        fewer = "" if cell.n == benchmark.documents else f" <small>n {cell.n}</small>"
        estimate = cell.estimate
        if self._view.normalised and not benchmark.normalised:
            estimate = above_guessing(estimate, benchmark.baseline)
        return (
            f'<td data-l="{title}" role="cell" class="b{heat}">{self._number(estimate)}'
            f"{self._whisker(cell.estimate, axis, '')}{fewer}</td>"
        )

    def _number(self, estimate: Estimate) -> str:
        half = estimate.half_width
        digits = 2 if half is not None and 0 < half < _FINE else 1
        text = f"{100 * estimate.value:.{digits}f}"
        if half is not None:
            text += f"<i>±{100 * half:.{digits}f}</i>"
        return text if self._separator == "." else text.replace(".", self._separator)

    def _whisker(self, estimate: Estimate, axis: Axis | None, name: str) -> str:
        """Draw an interval on its column's axis; a picture only."""
        half = estimate.half_width
        if axis is None or half is None or axis.high <= axis.low:
            return ""
        scale = _WIDE / (axis.high - axis.low)
        start = round((estimate.value - half - axis.low) * scale)
        wide = max(1, round(half * scale))
        kind = f' class="{name}" viewBox="0 0 {_WIDE} 4"' if name else ""
        # From its end back to its middle, so that intervals of one length are one text to gzip.
        return f'<svg{kind} aria-hidden="true"><path d="M{start} 2h{2 * wide}m-{wide}-2v4"/></svg>'

    def _evidence(self, row: Row) -> str:
        return stamp(row, f"{self._result}{row.result}/") + self._words[row.support]


def stamp(row: Row, result: str) -> str:
    """Write what stands behind a row as a mark; its words stand beside it.

    Args:
        row: the row.
        result: the address of its result's page.
    """
    punch = _PUNCHES[row.support]
    mark = f"<b>{punch}</b>" if punch else ""
    kind = "dv" if row.support == Support.DIVERGED else "ok" if punch else "on"
    return (
        f'<a class="stamp {kind}" href="{result}#evidence">{mark}'
        f"<span>{row.manifest_sha256[:6]}</span></a>"
    )


def _tie(rows: Sequence[tuple[int, Row]], place: int) -> str:
    """Return how a row stands in its bracket among the rows beside it."""
    section, row = rows[place]
    if row.bracket is None:
        return ""
    above, below = (
        0 <= beside < len(rows)
        and rows[beside][0] == section
        and rows[beside][1].bracket == row.bracket
        for beside in (place - 1, place + 1)
    )
    return {(False, False): "", (False, True): "ts", (True, True): "tm", (True, False): "te"}[
        above, below
    ]


def _heat(value: float, axis: Axis) -> str:
    """Return a cell's place between the worst and the best of its column, as a class."""
    if axis.best <= axis.worst:
        return ""
    level = min(_HEATS, 1 + int(_HEATS * (value - axis.worst) / (axis.best - axis.worst)))
    return f" h{level}" + (" best" if value == axis.best else "")


def above_guessing(estimate: Estimate, baseline: float) -> Estimate:
    """Rescale so that guessing is 0 and perfect is 1; below guessing it is negative."""
    room = 1 - baseline
    error = None if estimate.stderr is None else estimate.stderr / room
    return Estimate((estimate.value - baseline) / room, error)


def columns_of(names: Iterable[str], benchmarks: Sequence[Benchmark]) -> list[int]:
    """Return the places of the benchmarks to show; all of them if none of the names is one."""
    wanted = set(names)
    found = [place for place, b in enumerate(benchmarks) if b.name in wanted]
    return found or list(range(len(benchmarks)))
