"""All that a model scored here, by what speaks for each result, and in the order of time."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from django.db.models import Count, F, Q, QuerySet

from evaluations.enums import SubmissionState
from evaluations.models import LanguageModel, Result
from evaluations.scoring.equivalence import Verdict

_AGREE = tuple(verdict for verdict in Verdict if verdict is not Verdict.DIVERGED)


class Evidence(StrEnum):
    """What speaks for a result, the strongest first; the last two don't stand any more."""

    REPLICATED = "replicated"
    TWICE = "twice"
    ONCE = "once"
    WITHDRAWN = "withdrawn"
    REMOVED = "removed"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Entry:
    """A result with what speaks for it and against it.

    Attributes:
        agreed: how many runs of others came to each of R0, R1 and R2.
        diverged: how many runs of anybody diverged.
        runs: how often this site ran just this.
        change: against the result before it on the same board by the same suite and settings, on
            the metrics' scale; None if there is none.
    """

    result: Result
    evidence: Evidence
    agreed: Mapping[Verdict, int]
    diverged: int
    runs: int
    change: float | None = None


def history(model: LanguageModel) -> list[Entry]:
    """Return a model's results, the newest first."""
    found = list(_results(model))
    runs = _runs(found)
    entries: list[Entry] = []
    last: dict[tuple[object, ...], float] = {}
    for result in found:
        asked = (result.board_id, *_asked(result)[1:])
        before = last.get(asked)
        entry = _entry(result, runs[_origin(result, found)])
        entries.append(replace(entry, change=None if before is None else result.value - before))
        last[asked] = result.value
    return entries[::-1]


def by_evidence(entries: Sequence[Entry]) -> dict[Evidence, list[Entry]]:
    """Group results by what speaks for them, the strongest group first."""
    groups: dict[Evidence, list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[entry.evidence].append(entry)
    return {evidence: groups[evidence] for evidence in Evidence if groups[evidence]}


def _results(model: LanguageModel) -> QuerySet[Result]:
    others = ~Q(replications__by=F("submission__by"))
    counts = {
        f"{verdict.lower()}_count": Count("replications", filter=others & _is(verdict))
        for verdict in _AGREE
    }
    return (
        Result.objects.filter(revision__model=model)
        .select_related("revision", "board", "submission__suite")
        .only(
            "public_id", "value", "stderr", "published_at", "manifest_sha256",
            "revision__commit", "board__slug", "board__title", "submission__state",
            "submission__rescores", "submission__precision", "submission__chat_template",
            "submission__suite__name", "submission__suite__version",
        )
        .annotate(diverged_count=Count("replications", filter=_is(Verdict.DIVERGED)), **counts)
        .order_by("published_at", "pk")
    )  # fmt: skip


def _is(verdict: Verdict) -> Q:
    return Q(replications__verdict=verdict)


def _entry(result: Result, runs: int) -> Entry:
    agreed = {verdict: getattr(result, f"{verdict.lower()}_count") for verdict in _AGREE}
    return Entry(
        result=result,
        evidence=_evidence(result, replicated=any(agreed.values()), runs=runs),
        agreed={verdict: count for verdict, count in agreed.items() if count},
        diverged=getattr(result, "diverged_count", 0),
        runs=runs,
    )


def _evidence(result: Result, *, replicated: bool, runs: int) -> Evidence:
    if result.submission.state != SubmissionState.PUBLISHED:
        return Evidence(result.submission.state)
    if replicated:
        return Evidence.REPLICATED
    return Evidence.TWICE if runs > 1 else Evidence.ONCE


def _asked(result: Result) -> tuple[object, ...]:
    """Return what makes two runs the same question: revision, suite, numbers, template."""
    asked = result.submission
    return (result.revision_id, asked.suite_id, asked.precision, asked.chat_template)


def _runs(results: Sequence[Result]) -> Counter[tuple[object, ...]]:
    """Count how often the model itself ran; scoring recorded answers again is no second run."""
    return Counter(_asked(result) for result in results if not result.submission.rescores_id)


def _origin(result: Result, results: Sequence[Result]) -> tuple[object, ...]:
    """Return what was asked where a result's answers come from."""
    by_submission: dict[int | None, Result] = {one.submission_id: one for one in results}
    while (before := by_submission.get(result.submission.rescores_id)) is not None:
        result = before
    return _asked(result)
