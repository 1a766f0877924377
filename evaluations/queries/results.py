"""Published results: one with all it needs to be shown, and lists of them."""

from dataclasses import dataclass

from django.db.models import Max, QuerySet

from evaluations.models import Benchmark, LanguageModel, Result, Score
from evaluations.scoring.aggregate import Estimate


@dataclass(frozen=True, slots=True)
class Line:
    """One benchmark of a result.

    Attributes:
        score: None where nothing was measured.
        best: the greatest value on the board, None if nobody has one.
    """

    benchmark: Benchmark
    score: Score | None
    best: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a result stands among all of its board: rank 1 is the greatest score."""

    rank: int
    results: int


def by_id(public_id: str) -> Result | None:
    """Return a result with its model, board and submission, or None."""
    return (
        Result.objects.select_related("revision__model", "board__suite", "submission__by")
        .filter(public_id=public_id)
        .first()
    )


def estimate(result: Result) -> Estimate:
    """Return a result's score."""
    return Estimate(result.value, result.stderr)


def standing(result: Result) -> Standing:
    """Return a result's rank; equal scores share it."""
    board = Result.objects.filter(board=result.board_id)
    return Standing(1 + board.filter(value__gt=result.value).count(), board.count())


def lines(result: Result) -> list[Line]:
    """Return a result's benchmarks in the suite's order, also those that were not measured."""
    scores = {score.benchmark_id: score for score in result.scores.all()}
    best = dict(
        Score.objects.filter(result__board=result.board_id)
        .order_by()
        .values_list("benchmark")
        .annotate(Max("value"))
    )
    return [
        Line(benchmark, scores.get(benchmark.pk), best.get(benchmark.pk))
        for benchmark in result.board.suite.benchmarks.all()
    ]


def latest(count: int) -> list[Result]:
    """Return the results that were published last."""
    return list(_listed()[:count])


def of_model(model: LanguageModel) -> list[Result]:
    """Return a model's results, the newest first."""
    return list(_listed().filter(revision__model=model))


def _listed() -> QuerySet[Result]:
    return (
        Result.objects.select_related("revision__model", "board")
        .only(
            "public_id", "value", "stderr", "published_at", "revision__commit",
            "revision__model__source", "revision__model__name", "board__slug", "board__title",
        )
        .order_by("-published_at", "-pk")
    )  # fmt: skip
