"""The list of boards: who leads each, and how many models stand on it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, F, Max, OuterRef, Q, Subquery, When

from evaluations.enums import SubmissionState
from evaluations.models import Benchmark, Board, Result
from evaluations.queries.results import ranked

_RANKED = Q(
    results__submission__state=SubmissionState.PUBLISHED, results__submission__suite=F("suite")
)

_COMPUTED = Q(state__ranked_version=F("state__version"))


@dataclass(frozen=True, slots=True)
class BoardSummary:
    """A board in the list of boards.

    Attributes:
        results: those that rank; `models` counts each model once.
        leader: the result with the greatest score, None while there is none.
        tied: how many share the lead with it, itself included; 0 while that isn't computed.
        updated: when the last result was published.
    """

    board: Board
    results: int
    models: int
    leader: Result | None
    tied: int
    updated: datetime | None


def only_open() -> str:
    """Return the slug of the board that takes submissions if there is just one, else nothing."""
    slugs = Board.objects.filter(suite__published_at__isnull=False).values_list("slug", flat=True)
    return slugs[0] if len(slugs) == 1 else ""


def overview() -> list[BoardSummary]:
    """Return every board: those with results first, drafts last, each group by title."""
    best = ranked().filter(board=OuterRef("pk")).order_by("-value", "pk").values("pk")[:1]
    boards = Board.objects.select_related("suite").annotate(
        result_count=Count("results", filter=_RANKED),
        model_count=Count("results__revision__model", filter=_RANKED, distinct=True),
        updated=Max("results__published_at", filter=_RANKED),
        best=Subquery(best),
        tied=Case(When(state__ranked_version=F("state__version"), then="state__tied"), default=0),
    )
    listed = sorted(boards, key=lambda b: (b.suite.is_draft, not b.result_count, b.title.lower()))
    leaders = (
        Result.objects.select_related("revision__model")
        .only(
            "public_id",
            "value",
            "stderr",
            "revision__commit",
            "revision__model__source",
            "revision__model__name",
        )
        .in_bulk([board.best for board in listed if board.best])
    )
    return [
        BoardSummary(b, b.result_count, b.model_count, leaders.get(b.best), b.tied, b.updated)
        for b in listed
    ]


def by_slug(slug: str) -> Board | None:
    """Return a board with its suite and benchmarks, or None."""
    found = Board.objects.select_related("suite").prefetch_related("suite__benchmarks")
    return found.filter(slug=slug).first()


def results_of(board: Board) -> int:
    """Return how many results rank on a board."""
    return ranked().filter(board=board).count()


def benchmarks(name: str = "") -> list[Benchmark]:
    """Return every suite's benchmarks by name, or those of one name, the newest suite first.

    Each comes with its suite and the suite's boards.
    """
    found = Benchmark.objects.select_related("suite").prefetch_related("suite__boards")
    if name:
        found = found.filter(name=name)
    return list(found.order_by("name", "suite__name", "-suite__version"))
