"""Published results: one with all it needs to be shown, and lists of them."""

import json
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Max, QuerySet

from evaluations.enums import SubmissionState
from evaluations.models import Benchmark, LanguageModel, Result, Score
from evaluations.provenance.records import Kind, read_record
from evaluations.queries.log import covering, entry_of
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


def published() -> QuerySet[Result]:
    """Return the results that stand: not withdrawn, removed or superseded."""
    return Result.objects.filter(submission__state=SubmissionState.PUBLISHED)


def ranked() -> QuerySet[Result]:
    """Return the results that stand and are measured by what their board measures by now."""
    return published().filter(submission__suite=F("board__suite"))


def by_id(public_id: str) -> Result | None:
    """Return a result with its model, board and submission, or None."""
    return (
        Result.objects.select_related(
            "revision__model", "board", "submission__by", "submission__run", "submission__suite"
        )
        .defer("submission__run__plan", "submission__run__environment", "submission__run__pack")
        .filter(public_id=public_id)
        .first()
    )


def estimate(result: Result) -> Estimate:
    """Return a result's score."""
    return Estimate(result.value, result.stderr)


def is_outdated(result: Result) -> bool:
    """Whether its board has moved on to another version of the suite."""
    return result.submission.suite_id != result.board.suite_id


def lines(result: Result) -> list[Line]:
    """Return a result's benchmarks in the suite's order, also those that were not measured."""
    scores = {score.benchmark_id: score for score in result.scores.all()}
    best = dict(
        Score.objects.filter(result__in=ranked().filter(board=result.board_id))
        .order_by()
        .values_list("benchmark")
        .annotate(Max("value"))
    )
    return [
        Line(benchmark, scores.get(benchmark.pk), best.get(benchmark.pk))
        for benchmark in result.submission.suite.benchmarks.all()
    ]


def latest(count: int) -> list[Result]:
    """Return the results that were published last."""
    return list(_listed(published())[:count])


def of_model(model: LanguageModel) -> list[Result]:
    """Return a model's results, the newest first; those that don't stand are shown as such."""
    return list(_listed(Result.objects.filter(revision__model=model)))


def after(
    last: int | None, count: int, *, board: str = "", model: tuple[str, str] | None = None
) -> list[Result]:
    """Return so many of the results that stand, the newest first.

    Args:
        last: the primary key of the last one that was seen; None begins at the newest.
        count: how many at most.
        board: a slug, to see one board's only.
        model: source and name, to see one model's only.
    """
    found = _listed(published()).order_by("-pk")
    if last is not None:
        found = found.filter(pk__lt=last)
    if board:
        found = found.filter(board__slug=board)
    if model:
        found = found.filter(revision__model__source=model[0], revision__model__name=model[1])
    return list(found[:count])


def _listed(found: QuerySet[Result]) -> QuerySet[Result]:
    return (
        found.select_related("revision__model", "board", "submission")
        .only(
            "public_id", "value", "stderr", "published_at", "manifest_sha256", "revision__commit",
            "revision__model__source", "revision__model__name", "board__slug", "board__title",
            "submission__public_id", "submission__state",
        )
        .order_by("-published_at", "-pk")
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Logged:
    """Where the log has a result and what it rests on.

    Attributes:
        origin: the log's name.
        benchmark, intent, index: places of the benchmarks', the intent's and the result's entries.
        intended_at, evaluated_at: when the last two were written, in UTC.
        size, root: of the first checkpoint that covers the result.
        statement_sha256: of the signed statement.
        key: id of the key that signed it.
    """

    origin: str
    benchmark: int
    intent: int
    index: int
    intended_at: datetime
    evaluated_at: datetime
    size: int
    root: str
    statement_sha256: str
    key: str


def logged(result: Result) -> Logged | None:
    """Return where the log has a result; None if it was published before there was one."""
    entry = entry_of(result.submission, Kind.RESULT)
    intent = entry_of(result.submission, Kind.INTENT)
    checkpoint = covering(entry) if entry else None
    if entry is None or intent is None or checkpoint is None:
        return None
    predicate = json.loads(entry.payload)["predicate"]
    record, planned = (read_record(one.record.encode()) for one in (entry, intent))
    return Logged(
        origin=predicate["evaluator"]["id"],
        benchmark=predicate["benchmarkVersion"]["leafIndex"],
        intent=predicate["intent"]["leafIndex"],
        index=entry.index or 0,
        intended_at=datetime.fromisoformat(planned.at),
        evaluated_at=datetime.fromisoformat(record.at),
        size=checkpoint.size,
        root=checkpoint.root,
        statement_sha256=record.statement_sha256 or "",
        key=json.loads(entry.envelope)["signatures"][0]["keyid"],
    )


def log_index(result: Result) -> int | None:
    """Return a result's place in the log; None if it was published before there was one."""
    entry = entry_of(result.submission, Kind.RESULT)
    return entry.index if entry else None


def envelope(result: Result) -> str:
    """Return a result's signed statement; empty, likewise."""
    entry = entry_of(result.submission, Kind.RESULT)
    return entry.envelope if entry else ""
