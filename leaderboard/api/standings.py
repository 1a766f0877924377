"""The rows of a board as data: one shape for the API, for `.json`, `.csv` and `.parquet`."""

from datetime import datetime

from ninja import Schema

from evaluations.models import Benchmark
from evaluations.queries.standings import Row, Standings
from leaderboard.boards.selection import Selection, select
from leaderboard.boards.snapshot import Snapshot
from leaderboard.boards.view import View


class CellOut(Schema):
    """A benchmark's value on the metric's scale, its standard error, and n documents."""

    value: float
    stderr: float | None
    n: int


class StandingOut(Schema):
    """A row; a benchmark that was not measured is left out.

    `rank` is among the rows of the same section. `rank_first` to `rank_last` is the range of ranks
    that holds with 95 % for the whole section at once; null until it is computed.
    """

    rank: int
    rank_first: int | None
    rank_last: int | None
    section: int
    model: str
    revision: str
    result: str
    score: float
    stderr: float | None
    parameters: int
    licence: str
    evidence: str
    published_at: datetime
    benchmarks: dict[str, CellOut]


class SectionOut(Schema):
    """What the rows of a section have in common; only the first section is the board's ranking."""

    suite: str
    lm_eval: str
    engine: str
    precision: str
    results: int


class StandingsOut(Schema):
    """A board's rows in the order that was asked for, section by section."""

    board: str
    suite: str
    changed_at: datetime | None
    sections: list[SectionOut]
    standings: list[StandingOut]


def as_data(snapshot: Snapshot, view: View) -> StandingsOut:
    """Return every row of a view."""
    return _data(snapshot.standings, select(snapshot, view))


def _data(found: Standings, selection: Selection) -> StandingsOut:
    return StandingsOut(
        board=found.board.slug,
        suite=str(found.board.suite),
        changed_at=found.changed_at,
        sections=[
            SectionOut(
                suite=section.settings.suite,
                lm_eval=section.settings.harness,
                engine=section.settings.engine,
                precision=section.settings.precision,
                results=len(section.rows),
            )
            for section in found.sections
        ],
        standings=[_row(section, row, found.benchmarks) for section, row in selection.rows],
    )


def _row(section: int, row: Row, benchmarks: list[Benchmark]) -> StandingOut:
    return StandingOut(
        rank=row.rank,
        rank_first=row.first,
        rank_last=row.last,
        section=section,
        model=row.model,
        revision=row.commit,
        result=row.result,
        score=row.estimate.value,
        stderr=row.estimate.stderr,
        parameters=row.parameters,
        licence=row.licence,
        evidence=row.support,
        published_at=row.published_at,
        benchmarks={
            benchmark.name: CellOut(
                value=cell.estimate.value, stderr=cell.estimate.stderr, n=cell.n
            )
            for benchmark, cell in zip(benchmarks, row.cells, strict=True)
            if cell
        },
    )
