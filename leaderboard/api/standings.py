"""The rows of a board as data: one shape for the API, for `.json` and for `.csv`."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from ninja import Schema

from evaluations.models import Board
from evaluations.queries.standings import Standing, standings

#: A spreadsheet takes a cell that begins so for a formula (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_FIXED = ("rank", "model", "revision", "result", "score", "stderr")


@dataclass(frozen=True, slots=True)
class View:
    """What of a board is asked for, as the query string says it.

    Attributes:
        q: a part of a model's name.
        sort: a key of `queries.standings`.
        order: `asc` or `desc`.
    """

    q: str = ""
    sort: str = "score"
    order: str = "desc"

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "View":
        """Read a query string; what is missing or makes no sense takes its default."""
        sort = query.get("sort") or "score"
        order = query.get("order", "")
        usual = "asc" if sort == "model" else "desc"
        return cls(query.get("q", "").strip(), sort, order if order in {"asc", "desc"} else usual)

    @property
    def descending(self) -> bool:
        """Whether the greatest comes first."""
        return self.order == "desc"

    @property
    def direction(self) -> str:
        """The order in the words of `aria-sort`."""
        return "descending" if self.descending else "ascending"

    def query_string(self) -> str:
        """Return the query string that asks for this view, empty for the usual one."""
        usual = View.of({"sort": self.sort})
        asked = {"q": self.q, "sort": self.sort if self.sort != "score" else ""}
        asked["order"] = self.order if self.order != usual.order else ""
        return urlencode({key: value for key, value in asked.items() if value})


class CellOut(Schema):
    """A benchmark's value on the metric's scale, its standard error, and n documents."""

    value: float
    stderr: float | None
    n: int


class StandingOut(Schema):
    """A row; a benchmark that was not measured is left out."""

    rank: int
    model: str
    revision: str
    result: str
    score: float
    stderr: float | None
    benchmarks: dict[str, CellOut]


class StandingsOut(Schema):
    """A board's rows in the order that was asked for."""

    board: str
    suite: str
    standings: list[StandingOut]


def as_data(board: Board, view: View) -> StandingsOut:
    """Return every row of a view."""
    rows = standings(board, search=view.q, sort=view.sort, descending=view.descending)
    return StandingsOut(
        board=board.slug, suite=str(board.suite), standings=[_row(row) for row in rows]
    )


def _row(row: Standing) -> StandingOut:
    return StandingOut(
        rank=row.rank,
        model=str(row.result.revision.model),
        revision=row.result.revision.commit,
        result=row.result.public_id,
        score=row.estimate.value,
        stderr=row.estimate.stderr,
        benchmarks={
            benchmark.name: CellOut(value=score.value, stderr=score.stderr, n=score.n)
            for benchmark, score in row.cells
            if score
        },
    )


def as_csv(board: Board, view: View) -> str:
    """Return every row of a view as comma-separated values, three columns a benchmark."""
    names = [benchmark.name for benchmark in board.suite.benchmarks.all()]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*_FIXED, *map(_cell, _columns(names))])
    for row in as_data(board, view).standings:
        writer.writerow([_cell(value) for value in _values(row, names)])
    return text.getvalue()


def _columns(names: Iterable[str]) -> list[str]:
    return [f"{name}{suffix}" for name in names for suffix in ("", "_stderr", "_n")]


def _values(row: StandingOut, names: Iterable[str]) -> list[str | float | None]:
    values: list[str | float | None] = [
        row.rank, row.model, row.revision, row.result, row.score, row.stderr,
    ]  # fmt: skip
    for name in names:
        cell = row.benchmarks.get(name)
        values += [cell.value, cell.stderr, cell.n] if cell else [None, None, None]
    return values


def _cell(value: str | float | None) -> str | float | None:
    """Disarm text that a spreadsheet would run; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
