"""What the whole site has, in numbers."""

from dataclasses import dataclass

from django.db.models import Sum

from evaluations.enums import SubmissionState
from evaluations.models import Score, Submission
from evaluations.queries.results import published


@dataclass(frozen=True, slots=True)
class Totals:
    """Models with a result that stands, scored documents of those results, and runs that failed."""

    models: int
    documents: int
    failures: int


def totals() -> Totals:
    """Count everything."""
    standing = published()
    return Totals(
        models=standing.values("revision__model").distinct().count(),
        documents=Score.objects.filter(result__in=standing).aggregate(n=Sum("n"))["n"] or 0,
        failures=Submission.objects.filter(state=SubmissionState.FAILED).count(),
    )
