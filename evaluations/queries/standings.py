"""A board's standings: who stands where, with what uncertainty."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluations.models import Benchmark, Board, Result, Score
from evaluations.queries.results import ranked
from evaluations.scoring.aggregate import Estimate


@dataclass(frozen=True, slots=True)
class Standing:
    """A row of a board.

    Attributes:
        rank: 1 plus the number of results with a greater score; equal scores share it.
        estimate: the board's score.
        cells: one per benchmark of the suite, in its order; None where nothing was measured.
        n: documents behind the score.
    """

    rank: int
    result: Result
    estimate: Estimate
    cells: list[tuple[Benchmark, Score | None]]
    n: int


#: Sort keys that every board has; each benchmark's name is one too.
SORTS = ("score", "model")


def standings(
    board: Board, *, search: str = "", sort: str = "score", descending: bool = True
) -> list[Standing]:
    """Return a board's rows, arranged as `arrange` says."""
    return arrange(everyone(board), search=search, sort=sort, descending=descending)


def everyone(board: Board) -> list[Standing]:
    """Return all of a board's rows with their ranks, the greatest score first.

    Results that were withdrawn, removed or superseded are left out, and those by another version of
    the suite: they can't be compared.
    """
    benchmarks = list(board.suite.benchmarks.all())
    results = (
        ranked()
        .filter(board=board)
        .select_related("revision__model", "submission")
        .only(
            "public_id", "value", "stderr", "manifest_sha256", "board_id", "published_at",
            "submission__chat_template", "revision__commit", "revision__parameters",
            "revision__model__source", "revision__model__name",
        )
        .prefetch_related("scores")
        .order_by("-value", "pk")
    )  # fmt: skip
    return _ranked([_row(result, benchmarks) for result in results])


def arrange(
    rows: Sequence[Standing], *, search: str = "", sort: str = "score", descending: bool = True
) -> list[Standing]:
    """Return some of a board's rows in another order.

    Args:
        rows: as `everyone` returns them.
        search: a part of the model's name, any case.
        sort: one of `SORTS` or a benchmark's name; anything else sorts by score. Ranks are by
            score whatever the order, and over the whole board whatever the search.
        descending: greatest first; rows without a value come last either way.
    """
    wanted = search.strip().lower()
    found = [row for row in rows if wanted in str(row.result.revision.model).lower()]
    return _sorted(found, sort, descending=descending)


def overlapping(rows: Sequence[Standing]) -> list[Standing]:
    """Return the rows whose 95 % interval overlaps that of the first, which is left out.

    Intervals that overlap leave open which model is better; intervals that don't overlap settle
    it. Rows without an interval are left out.

    Args:
        rows: sorted by score, the greatest first.
    """
    if not rows or (half := rows[0].estimate.half_width) is None:
        return []
    floor = rows[0].estimate.value - half
    return [
        row
        for row in rows[1:]
        if (other := row.estimate.half_width) is not None and row.estimate.value + other >= floor
    ]


def _row(result: Result, benchmarks: Sequence[Benchmark]) -> Standing:
    scores = {score.benchmark_id: score for score in result.scores.all()}
    cells = [(benchmark, scores.get(benchmark.pk)) for benchmark in benchmarks]
    n = sum(score.n for _, score in cells if score)
    return Standing(0, result, Estimate(result.value, result.stderr), cells, n)


def _ranked(rows: Sequence[Standing]) -> list[Standing]:
    ranked: list[Standing] = []
    for place, row in enumerate(rows, start=1):
        tied = bool(ranked) and ranked[-1].estimate.value == row.estimate.value
        rank = ranked[-1].rank if tied else place
        ranked.append(Standing(rank, row.result, row.estimate, row.cells, row.n))
    return ranked


def _sorted(rows: list[Standing], sort: str, *, descending: bool) -> list[Standing]:
    if sort == "model":
        return sorted(
            rows, key=lambda row: str(row.result.revision.model).lower(), reverse=descending
        )
    names = [benchmark.name for benchmark, _ in rows[0].cells] if rows else []
    if sort not in names:
        return rows if descending else rows[::-1]
    column = names.index(sort)
    present = [row for row in rows if row.cells[column][1] is not None]
    missing = [row for row in rows if row.cells[column][1] is None]
    return sorted(present, key=lambda row: _value(row, column), reverse=descending) + missing


def _value(row: Standing, column: int) -> float:
    score = row.cells[column][1]
    return score.value if score else 0.0
