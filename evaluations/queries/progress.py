"""Where a submission stands: its place in the queue and what is answered."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, Sum
from django.utils import timezone

from evaluations.enums import OPEN_STATES, SubmissionState
from evaluations.models import Run, Submission, Unit


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


def positions() -> dict[int, int]:
    """Return the place in the queue of all that wait, by primary key, in one query."""
    waiting = Submission.objects.filter(state=SubmissionState.QUEUED).order_by("created_at", "pk")
    return {pk: place for place, pk in enumerate(waiting.values_list("pk", flat=True), start=1)}


def progress(submission: Submission) -> Progress:
    """Return what is answered of a submission's run."""
    return progress_of([submission])[0]


def progress_of(submissions: Sequence[Submission]) -> list[Progress]:
    """Return what is answered of each, in one query."""
    rows = (
        Unit.objects.filter(run__submission__in=submissions)
        .values_list("run__submission", "task")
        .annotate(Sum("answered"), Sum("count"))
        .order_by("task")
    )
    tasks = defaultdict(list)
    for submission, task, answered, documents in rows:
        tasks[submission].append(TaskProgress(task, answered, documents))
    return [_progress(submission, tasks[submission.pk]) for submission in submissions]


def _progress(submission: Submission, tasks: list[TaskProgress]) -> Progress:
    run: Run | None = getattr(submission, "run", None)
    answered, documents = sum(t.answered for t in tasks), sum(t.documents for t in tasks)
    left = None
    if answered and run and run.answering_since and submission.state == SubmissionState.RUNNING:
        spent = (timezone.now() - run.answering_since).total_seconds()
        left = round(spent / answered * (documents - answered))
    return Progress(tasks, answered, documents, left)


def working() -> int:
    """Return how many submissions are open."""
    return Submission.objects.filter(state__in=sorted(OPEN_STATES)).count()
