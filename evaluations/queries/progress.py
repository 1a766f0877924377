"""How far a submission's run has come."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, Sum
from django.db.models.functions import Now
from django.utils import timezone

from evaluations.enums import OPEN_STATES, SubmissionState, UnitState
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
        per_second: documents; likewise.
        step_done, step_total: how far the present stage has come in its own pieces (files, tasks,
            items); 0 of 0 where none are counted.
        workers: how many answer just now; a worker answers one unit at a time.
    """

    tasks: list[TaskProgress]
    answered: int
    documents: int
    seconds_left: int | None
    per_second: float | None = None
    step_done: int = 0
    step_total: int = 0
    workers: int = 0


#: Units that somebody is at work on.
_HELD = Q(state=UnitState.CLAIMED, lease_until__gt=Now())


def progress(submission: Submission) -> Progress:
    """Return what is answered of a submission's run."""
    return progress_of([submission])[0]


def progress_of(submissions: Sequence[Submission]) -> list[Progress]:
    """Return what is answered of each, in one query."""
    rows = (
        Unit.objects.filter(run__submission__in=submissions)
        .values_list("run__submission", "task")
        .annotate(Sum("answered"), Sum("count"), held=Count("pk", filter=_HELD))
        .order_by("task")
    )
    tasks = defaultdict(list)
    workers: Counter[int] = Counter()
    for submission, task, answered, documents, held in rows:
        tasks[submission].append(TaskProgress(task, answered, documents))
        workers[submission] += held
    return [
        _progress(submission, tasks[submission.pk], workers[submission.pk])
        for submission in submissions
    ]


def _progress(submission: Submission, tasks: list[TaskProgress], workers: int) -> Progress:
    run: Run | None = getattr(submission, "run", None)
    answered, documents = sum(t.answered for t in tasks), sum(t.documents for t in tasks)
    left = pace = None
    if answered and run and run.answering_since and submission.state == SubmissionState.RUNNING:
        spent = (timezone.now() - run.answering_since).total_seconds()
        pace = answered / spent
        left = round((documents - answered) / pace)
    done, total = (run.step_done, run.step_total) if run and submission.is_open else (0, 0)
    return Progress(tasks, answered, documents, left, pace, done, total, workers)


def working() -> int:
    """Return how many submissions are open."""
    return Submission.objects.filter(state__in=sorted(OPEN_STATES)).count()
