"""What scoring answers again has changed."""

from dataclasses import dataclass

from django.db.models import QuerySet

from evaluations.enums import SubmissionState
from evaluations.models import Result, Score
from evaluations.scoring.aggregate import Estimate


@dataclass(frozen=True, slots=True)
class Change:
    """One benchmark before and after; None where one version of the suite doesn't have it."""

    title: str
    before: Estimate | None
    after: Estimate | None

    @property
    def is_change(self) -> bool:
        """Whether value or standard error differ at all."""
        return self.before != self.after


def predecessor(result: Result) -> Result | None:
    """Return the result whose answers this one scored again, or None."""
    if result.submission.rescores_id is None:
        return None
    return _brief().filter(submission=result.submission.rescores_id).first()


def successor(result: Result) -> Result | None:
    """Return the result that scored this one's answers again and superseded it, or None."""
    if result.submission.state != SubmissionState.SUPERSEDED:
        return None
    return _brief().filter(submission__rescores=result.submission_id).first()


def changes(result: Result, before: Result) -> list[Change]:
    """Hold a result against the one that it supersedes, benchmark by benchmark.

    Returns:
        In the order of the suite, then what the suite has no more.
    """
    old, new = _scores(before), _scores(result)
    return [
        Change(
            (new.get(name) or old[name]).benchmark.title, _estimate(old, name), _estimate(new, name)
        )
        for name in dict.fromkeys([*new, *old])
    ]


def _brief() -> QuerySet[Result]:
    return Result.objects.select_related("submission__suite").defer("plan", "environment", "config")


def _scores(result: Result) -> dict[str, Score]:
    return {score.benchmark.name: score for score in result.scores.select_related("benchmark")}


def _estimate(scores: dict[str, Score], name: str) -> Estimate | None:
    score = scores.get(name)
    return Estimate(score.value, score.stderr) if score else None
