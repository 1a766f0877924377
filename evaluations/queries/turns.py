"""Whose turn it is: the order of runs, places in the queue, and how long a place may wait."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from statistics import quantiles

from django.db.models import Case, FloatField, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Now

from evaluations.enums import OPEN_STATES, SubmissionState
from evaluations.models import Run, Submission
from evaluations.queries import workers

#: What somebody's runs took within so long counts against the turn of the next one.
SHARED_OVER = timedelta(days=1)
#: Runs that ended lately, from which waiting times are judged, and how few are too few.
_LATELY, _FEW = 50, 3


@dataclass(frozen=True, slots=True)
class Wait:
    """How long a submission may wait before it starts, in seconds."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the queue moves.

    Attributes:
        crew: workers that live.
        at_work: submissions that have left the queue and not ended.
        short, long: seconds of a worker that the shortest and the longest quarter of the runs that
            ended lately took at most, and at least.
    """

    crew: int
    at_work: int
    short: float
    long: float

    def wait(self, place: int) -> Wait:
        """Judge how long a place in the queue, 1 for the next, waits.

        The bounds are what the runs before it would take if all were as short as the shortest
        quarter, or as long as the longest.
        """
        ahead = place - 1
        # Whoever is at work may be nearly done, or have just begun.
        return Wait(
            round(ahead * self.short / self.crew),
            round((ahead + self.at_work) * self.long / self.crew),
        )


def fair(runs: QuerySet[Run]) -> QuerySet[Run]:
    """Put runs into the order of their turn.

    A board's priority comes first; then whose runs have had the least of the workers' time in the
    last day (least attained service), so that nobody's twenty submissions hold up another's one;
    then who came first.
    """
    spent = [When(submission__by=by, then=Value(seconds)) for by, seconds in _spent(runs)]
    served = Case(*spent, default=Value(0.0), output_field=FloatField())
    return runs.order_by(
        "-submission__board__priority",
        # PostgreSQL takes no constant for an order.
        *([served] if spent else []),
        "submission__created_at",
        "submission__pk",
    )


def _spent(runs: QuerySet[Run]) -> list[tuple[int, float]]:
    """Return the workers' seconds of each submitter of these runs in the last day.

    Summed once for each of them, not for each of their runs: a day's history is long.
    """
    return list(
        Run.objects.filter(Q(finished_at=None) | Q(finished_at__gt=Now() - SHARED_OVER))
        .filter(submission__by__in=runs.order_by().values("submission__by"))
        .filter(submission__rescores=None)
        .order_by()
        .values_list("submission__by")
        .annotate(Sum("busy_seconds"))
    )


def waiting() -> list[int]:
    """Return the primary keys of the submissions that wait, the next to start first.

    One run of each submitter comes before the second of any, as it will be when the first one's
    time is counted.
    """
    queued = fair(Run.objects.filter(submission__state=SubmissionState.QUEUED))
    rows = queued.values_list("submission_id", "submission__by", "submission__board__priority")
    seen: Counter[tuple[int, int]] = Counter()
    turns = []
    for place, (submission, by, priority) in enumerate(rows):
        turns.append((-priority, seen[by, priority], place, submission))
        seen[by, priority] += 1
    return [submission for *_, submission in sorted(turns)]


def positions() -> dict[int, int]:
    """Return the place in the queue of all that wait, 1 for the next, by primary key."""
    return {submission: place for place, submission in enumerate(waiting(), start=1)}


def position(submission: Submission) -> int | None:
    """Return the place in the queue, 1 for the next to start; None unless it is waiting."""
    if submission.state != SubmissionState.QUEUED:
        return None
    return positions().get(submission.pk)


def wait(place: int) -> Wait | None:
    """Judge from the runs that ended lately how long a place in the queue waits.

    Returns:
        None if too few runs have ended to say, or no worker lives.
    """
    found = pace()
    return found.wait(place) if found else None


def pace() -> Pace | None:
    """Return how fast the queue moves; None if too few runs ended to say, or no worker lives."""
    crew = workers.living().count()
    took = list(
        Run.objects.filter(
            submission__state=SubmissionState.PUBLISHED,
            submission__rescores=None,
            busy_seconds__gt=0,
        )
        .order_by("-finished_at")
        .values_list("busy_seconds", flat=True)[:_LATELY]
    )
    if not crew or len(took) < _FEW:
        return None
    short, _, long = quantiles(took, n=4, method="inclusive")
    at_work = Submission.objects.filter(state__in=sorted(OPEN_STATES - {"queued"})).count()
    return Pace(crew=crew, at_work=at_work, short=short, long=long)
