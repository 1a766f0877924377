"""The rows of a board that a view asks for, and how many other choices would leave."""

from collections import Counter
from dataclasses import dataclass

from django.utils.translation import gettext as _

from evaluations.queries.standings import Row
from leaderboard.boards.facets import FACETS, Facet
from leaderboard.boards.search import parameters, understood
from leaderboard.boards.snapshot import Snapshot
from leaderboard.boards.view import View


@dataclass(frozen=True, slots=True)
class Choice:
    """A chip: a facet's value, and how many rows choosing it leaves beside the other filters."""

    value: str
    label: str
    count: int
    chosen: bool
    link: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What a view shows.

    Attributes:
        rows: all that match, each with its section's place, in the view's order.
        pinned: rows that stay on top.
        problems: what of the view made no sense, in words.
    """

    view: View
    rows: list[tuple[int, Row]]
    pinned: list[tuple[int, Row]]
    counts: tuple[Counter[str], ...]
    problems: tuple[str, ...]

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-len(self.rows) // self.view.per))

    @property
    def page(self) -> int:
        """The page that is shown: the last one if a later one is asked for."""
        return min(self.view.page, self.pages)

    @property
    def first(self) -> int:
        """How many matching rows stand before the page."""
        return (self.page - 1) * self.view.per

    @property
    def last(self) -> int:
        """The place of the page's last row among the matching ones."""
        return min(self.first + self.view.per, len(self.rows))

    @property
    def shown(self) -> list[tuple[int, Row]]:
        """The rows of the page."""
        return self.rows[self.first : self.first + self.view.per]

    def chips(self) -> list[tuple[Facet, list[Choice]]]:
        """Return the facets among whose values there is a choice."""
        found = []
        for facet, counter in zip(FACETS, self.counts, strict=True):
            chosen = self.view.chosen.get(facet.name, ())
            values = sorted({*counter, *chosen}, key=lambda v: (-counter[v], v))
            if len(values) > 1 or chosen:
                found.append((facet, [self._chip(facet, v, counter[v], chosen) for v in values]))
        return found

    def _chip(self, facet: Facet, value: str, count: int, chosen: tuple[str, ...]) -> Choice:
        link = self.view.toggled(facet.name, value)
        return Choice(value, facet.say(value), count, value in chosen, link)


def select(snapshot: Snapshot, view: View) -> Selection:
    """Apply a view to a board."""
    search = understood(view.q)
    problems = [*search.problems]
    least, most = (_bound(text, problems) for text in (view.least, view.most))
    chosen = [
        (place, frozenset(view.chosen[facet.name]))
        for place, facet in enumerate(FACETS)
        if view.chosen.get(facet.name)
    ]
    ordered = snapshot.ordered(view.sort, descending=view.descending)
    if search.test is None and least is None and most is None:
        within = ordered
    else:
        test, low, high = search.test, least or 0.0, float("inf") if most is None else most
        within = [
            pair
            for pair in ordered
            if low <= pair[1].parameters <= high and (test is None or test(pair[1]))
        ]
    if not chosen and within is ordered:
        rows, counts = ordered, snapshot.totals
    else:
        rows, counts = _filtered(snapshot, within, chosen)
    pinned = [pair for pair in ordered if pair[1].result in view.pins] if view.pins else []
    return Selection(view, rows, pinned, counts, tuple(problems))


def _filtered(
    snapshot: Snapshot, within: list[tuple[int, Row]], chosen: list[tuple[int, frozenset[str]]]
) -> tuple[list[tuple[int, Row]], tuple[Counter[str], ...]]:
    """Return the rows that pass every facet, and of each value how many pass all other facets."""
    rows = []
    counts = tuple(Counter[str]() for _ in FACETS)
    for pair in within:
        values = snapshot.values[pair[1].result]
        fails = [place for place, wanted in chosen if wanted.isdisjoint(values[place])]
        if not fails:
            rows.append(pair)
            for counter, each in zip(counts, values, strict=True):
                for value in each:
                    counter[value] += 1
        elif len(fails) == 1:
            for value in values[fails[0]]:
                counts[fails[0]][value] += 1
    return rows, counts


def _bound(text: str, problems: list[str]) -> float | None:
    if not text:
        return None
    found = parameters(text)
    if found is None:
        problems.append(
            _("%(text)s is no size; one is written like 1.5B or 360M.") % {"text": text}
        )
    return found
