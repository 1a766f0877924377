"""Boards and their standings."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema

from evaluations.errors import AssayError
from evaluations.models import Board
from evaluations.queries import boards
from leaderboard.api import cursors
from leaderboard.api.benchmarks import BenchmarkOut
from leaderboard.api.cursors import NO_NUL, Cursor
from leaderboard.api.standings import StandingsOut, as_data
from leaderboard.boards.snapshot import snapshot
from leaderboard.boards.view import View

router = Router(tags=["boards"])


class BoardOut(Schema):
    """A board in the list."""

    slug: str
    title: str
    suite: str
    draft: bool
    results: int


class BoardsOut(Schema):
    """Every board: those with results first, drafts last."""

    items: list[BoardOut]


class BoardDetailOut(BoardOut):
    """A board with the benchmarks that it ranks by."""

    description: str
    aggregation: str
    suite_sha256: str
    benchmarks: list[BenchmarkOut]


class StandingsPageOut(StandingsOut):
    """A piece of a board's rows; `next` is null at the end."""

    next: str | None


@router.get("", response=BoardsOut, operation_id="list_boards")
def list_boards(request: HttpRequest) -> BoardsOut:
    """List the boards."""
    return BoardsOut(items=[_facts(s.board, s.results) for s in boards.overview()])


@router.get("/{slug:slug}", response=BoardDetailOut, operation_id="get_board")
def get_board(request: HttpRequest, slug: str) -> BoardDetailOut:
    """Describe a board."""
    board = _board(slug)
    return BoardDetailOut(
        **_facts(board, boards.results_of(board)).model_dump(),
        description=board.description,
        aggregation=board.suite.aggregation,
        suite_sha256=board.suite.sha256,
        benchmarks=[BenchmarkOut.from_orm(b) for b in board.suite.benchmarks.all()],
    )


@router.get("/{slug:slug}/standings", response=StandingsPageOut, operation_id="get_standings")
def get_standings(
    request: HttpRequest,
    response: HttpResponse,
    *,
    slug: str,
    q: Annotated[str, Query(description="a search, as on the board's page", pattern=NO_NUL)] = "",
    sort: Annotated[
        str, Query(description="score, model, size, date, energy, or a benchmark")
    ] = "score",
    order: Annotated[str, Query(description="asc or desc")] = "",
    limit: Annotated[int, Query(description="how many rows at most", ge=1, le=1000)] = 100,
    cursor: Cursor = "",
) -> StandingsPageOut:
    """Return a board's rows; ranks are by score over the whole board, whatever is asked for."""
    whole = as_data(snapshot(_board(slug)), View.of(request.GET))
    start = _start(whole, cursors.read(request, cursor))
    rows = whole.standings[start : start + limit]
    more = start + limit < len(whole.standings)
    return StandingsPageOut(
        **whole.model_dump(exclude={"standings"}),
        standings=rows,
        next=cursors.write(request, response, rows[-1].result) if more else None,
    )


def _start(whole: StandingsOut, last: str | None) -> int:
    """Return where the piece after this result begins; new rows above it shift nothing."""
    if last is None:
        return 0
    for place, row in enumerate(whole.standings, start=1):
        if row.result == last:
            return place
    raise cursors.invalid()


def _facts(board: Board, results: int) -> BoardOut:
    return BoardOut(
        slug=board.slug,
        title=board.title,
        suite=str(board.suite),
        draft=board.suite.is_draft,
        results=results,
    )


def _board(slug: str) -> Board:
    board = boards.by_slug(slug)
    if board is None:
        raise AssayError(
            "board_not_found", f"There is no board {slug!r}.", "GET /api/v1/boards lists them."
        )
    return board
