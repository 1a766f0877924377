"""Scores against what models cost, as places on a drawing."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from evaluations.queries.standings import Row
from leaderboard.charts import axes
from leaderboard.charts.axes import Tick
from leaderboard.charts.labels import Label, shortened
from leaderboard.charts.measures import Measure
from leaderboard.charts.names import named
from leaderboard.charts.pareto import front
from leaderboard.charts.scales import Scale, around

#: So many points are links; so many more are dots, to show where the others lie.
LINKED, DOTS = 100, 200


@dataclass(frozen=True, slots=True)
class Mark:
    """A result as a point.

    Attributes:
        top, bottom: the ends of its interval; its own place without one.
        best: whether it is on the line.
    """

    row: Row
    x: int
    y: int
    top: int
    bottom: int
    best: bool


@dataclass(frozen=True, slots=True)
class Scatter:
    """All that is drawn.

    Attributes:
        left: where the axis across begins.
        line: corners of the line of those that nothing beats, from left to right.
        marks: the points that are links, the greatest scores first.
        labels: by the place of their mark, those for all sizes of type.
        small: likewise, those that are left out where type is large.
        dots: further points.
        missing: rows without a value to be drawn at.
        total: rows that have one.
    """

    measure: Measure
    missing: int
    total: int = 0
    left: int = 0
    across: Sequence[Tick] = ()
    up: Sequence[Tick] = ()
    line: Sequence[tuple[int, int]] = ()
    marks: Sequence[Mark] = ()
    labels: dict[int, Label] = field(default_factory=dict)
    small: dict[int, Label] = field(default_factory=dict)
    dots: Sequence[tuple[int, int]] = ()

    @property
    def left_out(self) -> str:
        """Say how many rows are left out, and why."""
        return str(self.measure.missing % {"n": self.missing})

    @property
    def drawn(self) -> int:
        """How many rows are there, as points or dots."""
        return len(self.marks) + len(self.dots)


def scatter(rows: Sequence[Row], measure: Measure, until: float | None = None) -> Scatter:
    """Draw rows against a measure.

    Args:
        rows: the greatest score first.
        measure: what stands across.
        until: a value that the axis across reaches at least.
    """
    pairs = [(value, row) for row in rows if (value := measure.read(row)) is not None]
    if not pairs:
        return Scatter(measure, missing=len(rows))
    best = front([(value, row.estimate.value) for value, row in pairs])
    linked, dotted = _chosen(len(pairs), frozenset(best))
    shown = [pairs[place] for place in (*linked, *dotted, *best)]
    y, up = axes.upright(*_ends([row for _value, row in shown]))
    left = axes.left_of(up)
    values = [value for value, _row in shown] + ([] if until is None else [until])
    x = _across(min(values), max(values), left, measure)
    places = [(x.place(value), y.place(100 * row.estimate.value)) for value, row in pairs]
    on_line = frozenset(best)
    marks = [_mark(pairs[n][1], *places[n], y, best=n in on_line) for n in linked]
    line = list(dict.fromkeys(places[n] for n in best))
    labels, small = named(
        [(mark.x, mark.y, short(mark.row.name), mark.best) for mark in marks], line, left
    )
    return Scatter(
        measure=measure,
        missing=len(rows) - len(pairs),
        total=len(pairs),
        left=left,
        across=axes.across(x, measure.ticks(x.low, x.high)),
        up=up,
        line=line,
        marks=marks,
        labels=labels,
        small=small,
        dots=[places[n] for n in dotted],
    )


def short(name: str) -> str:
    """Return a model's name as points have it: without its organisation, cut if it is long."""
    return shortened(name.rpartition("/")[2] or name)


def _chosen(count: int, best: frozenset[int]) -> tuple[list[int], list[int]]:
    """Return the places of rows to link: the line and the top; and of those to dot: a sample."""
    first = sorted(best)[:LINKED]
    others = [place for place in range(count) if place not in best]
    linked = sorted(first + others[: LINKED - len(first)])
    rest = sorted(set(range(count)).difference(linked))
    return linked, rest[:: max(1, -(-len(rest) // DOTS))]


def _ends(rows: Sequence[Row]) -> tuple[float, float]:
    pairs = [(row.estimate.value, row.estimate.half_width or 0.0) for row in rows]
    return min(v - half for v, half in pairs), max(v + half for v, half in pairs)


def _across(least: float, greatest: float, left: int, measure: Measure) -> Scale:
    low, high = around(least, greatest, log=measure.log, least=measure.least)
    return Scale(low, high, left, axes.RIGHT, log=measure.log)


def _mark(row: Row, x: int, at: int, y: Scale, *, best: bool) -> Mark:
    score, half = row.estimate.value, row.estimate.half_width or 0.0
    top, bottom = (y.place(100 * each) for each in (score + half, score - half))
    return Mark(row, x, at, top, bottom, best)
