"""A board's standings as this process keeps them, with what every view of them needs."""

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from evaluations.models import Board, BoardState
from evaluations.queries.standings import Row, Standings, standings
from leaderboard.boards.facets import FACETS

#: Boards that a process keeps, and for how long at most, should a change ever go unnoticed.
_MOST, _SECONDS = 32, 60.0
_kept: OrderedDict[int, tuple[float, "Snapshot"]] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Axis:
    """The least and the greatest end of the intervals in a column, and its best value."""

    low: float
    high: float
    worst: float
    best: float


@dataclass(slots=True)
class Snapshot:
    """Standings with what is computed from them once.

    Attributes:
        values: each row's facets, by result.
        totals: how many rows have each value of each facet.
        axes: one per benchmark, None where nothing was measured; `score` is the score's.
    """

    standings: Standings
    values: dict[str, tuple[tuple[str, ...], ...]]
    totals: tuple[Counter[str], ...]
    score: Axis | None
    axes: list[Axis | None]
    _orders: dict[tuple[str, bool], list[tuple[int, Row]]] = field(default_factory=dict)

    def ordered(self, sort: str, *, descending: bool) -> list[tuple[int, Row]]:
        """Return every row with its section's place; rows without a value come last either way."""
        key = (sort, descending)
        if key not in self._orders:
            self._orders[key] = self._order(sort, descending=descending)
        return self._orders[key]

    def _order(self, sort: str, *, descending: bool) -> list[tuple[int, Row]]:
        read = self._reader(sort)
        found = []
        for place, section in enumerate(self.standings.sections):
            if read is None:
                rows = section.rows if descending else section.rows[::-1]
            else:
                values = [(read(row), row) for row in section.rows]
                there: list[tuple[Any, Row]] = [pair for pair in values if pair[0] is not None]
                # By the key alone; equal ones stay in the order of their scores.
                there.sort(key=lambda pair: pair[0], reverse=descending)
                rows = [row for _, row in there] + [row for value, row in values if value is None]
            found += [(place, row) for row in rows]
        return found

    def _reader(self, sort: str) -> Callable[[Row], float | str | None] | None:
        if sort == "model":
            return lambda row: row.name.lower()
        if sort == "size":
            return lambda row: row.parameters
        if sort == "date":
            return lambda row: row.published_at.timestamp()
        if sort == "energy":
            return lambda row: row.joules
        names = [benchmark.name for benchmark in self.standings.benchmarks]
        if sort not in names:
            return None
        place = names.index(sort)
        return lambda row: cell.estimate.value if (cell := row.cells[place]) else None


def snapshot(board: Board) -> Snapshot:
    """Return a board's standings; they are read again when they have changed."""
    version = BoardState.objects.filter(board=board).values_list("version", flat=True).first()
    with _lock:
        at, kept = _kept.get(board.pk, (0.0, None))
    if kept and kept.standings.version == version and time.monotonic() - at < _SECONDS:
        return kept
    made = made_of(standings(board))
    # A board without results may change unnoticed, when its draft is loaded again or published.
    if made.standings.version and made.standings.sections:
        with _lock:
            _kept[board.pk] = (time.monotonic(), made)
            _kept.move_to_end(board.pk)
            while len(_kept) > _MOST:
                _kept.popitem(last=False)
    return made


def forget() -> None:
    """Forget every board; the next look reads it again."""
    with _lock:
        _kept.clear()


def made_of(found: Standings) -> Snapshot:
    """Compute what every view of some standings needs."""
    rows = found.all_rows
    values = {row.result: tuple(facet.read(row) for facet in FACETS) for row in rows}
    totals = tuple(Counter[str]() for _ in FACETS)
    for read in values.values():
        for counter, each in zip(totals, read, strict=True):
            counter.update(each)
    ranked = found.rows
    columns = [
        _axis(
            [
                (cell.estimate.value, cell.estimate.half_width)
                for row in ranked
                if (cell := row.cells[place])
            ]
        )
        for place in range(len(found.benchmarks))
    ]
    score = _axis([(row.estimate.value, row.estimate.half_width) for row in ranked])
    return Snapshot(found, values, totals, score, columns)


def _axis(pairs: list[tuple[float, float | None]]) -> Axis | None:
    if not pairs:
        return None
    values = [value for value, _ in pairs]
    return Axis(
        low=min(value - (half or 0.0) for value, half in pairs),
        high=max(value + (half or 0.0) for value, half in pairs),
        worst=min(values),
        best=max(values),
    )
