"""Where a submission stands: its place in the queue and what is answered."""

from dataclasses import dataclass

from django.db.models import Q, Sum
from django.utils import timezone

from evaluations.enums import OPEN_STATES, SubmissionState
from evaluations.models import Run, Submission


@dataclass(frozen=True, slots=True)
class TaskProgress:
    """Documents of one task, answered and in all."""

    task: str
    answered: int
    documents: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come.

    Attributes:
        answered, documents: over all tasks; both 0 until the run is planned.
        seconds_left: from the run's own pace so far; None while there is none to judge by.
    """

    tasks: list[TaskProgress]
    answered: int
    documents: int
    seconds_left: int | None


def position(submission: Submission) -> int | None:
    """Return the place in the queue, 1 for the next to start; None unless it is waiting."""
    if submission.state != SubmissionState.QUEUED:
        return None
    earlier = Q(created_at__lt=submission.created_at) | Q(
        created_at=submission.created_at, pk__lt=submission.pk
    )
    return 1 + Submission.objects.filter(earlier, state=SubmissionState.QUEUED).count()


def progress(submission: Submission) -> Progress:
    """Return what is answered of a submission's run."""
    run: Run | None = getattr(submission, "run", None)
    if run is None:
        return Progress([], 0, 0, None)
    rows = run.units.values("task").annotate(a=Sum("answered"), d=Sum("count")).order_by("task")
    tasks = [TaskProgress(row["task"], row["a"], row["d"]) for row in rows]
    answered, documents = sum(t.answered for t in tasks), sum(t.documents for t in tasks)
    left = None
    if answered and run.answering_since and submission.state == SubmissionState.RUNNING:
        spent = (timezone.now() - run.answering_since).total_seconds()
        left = round(spent / answered * (documents - answered))
    return Progress(tasks, answered, documents, left)


def working() -> int:
    """Return how many submissions are open."""
    return Submission.objects.filter(state__in=sorted(OPEN_STATES)).count()
