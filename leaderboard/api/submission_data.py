"""A submission as data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.urls import reverse
from ninja import Schema

from evaluations.enums import SubmissionState
from evaluations.failures import Mender, failure
from evaluations.models import Submission, WorkerProcess
from evaluations.queries import workers
from evaluations.queries.lacking import lack
from evaluations.queries.pauses import Pause, pause
from evaluations.queries.progress import Progress, progress_of
from evaluations.queries.turns import Pace, pace, positions
from leaderboard.pages.labels import RETRIES
from leaderboard.pages.waiting import missing


class TaskOut(Schema):
    """Documents of one task, answered and in all."""

    task: str
    answered: int
    documents: int


class ProgressOut(Schema):
    """How far a run has come.

    Attributes:
        answered, documents: over all tasks; 0 of 0 until the run is planned.
        seconds_left, per_second: null while there is no pace to judge by.
        step_done, step_total: of the present stage, in its own pieces (files, tasks, items).
        workers: how many answer just now.
    """

    stage: str
    answered: int
    documents: int
    seconds_left: int | None
    per_second: float | None
    step_done: int
    step_total: int
    workers: int
    tasks: list[TaskOut]


class FailureOut(Schema):
    """Why a submission ended early.

    Attributes:
        detail: about this case.
        cause: what the code means, in one sentence.
        mender: who can mend it: `submitter`, `operator` or `platform`.
        retried: whether the site tries again by itself before it gives up.
        retry: how, in words.
        log_tail: the last lines of the log, 50 at most.
    """

    code: str
    detail: str
    cause: str
    hint: str
    mender: str
    retried: bool
    retry: str
    log_tail: str


class InterruptionOut(Schema):
    """A fault after which a submission waits for its next attempt.

    Attributes:
        code, cause: why; empty if that was not recorded.
        until: it is tried no sooner; null if it only waits for a worker.
        attempt, attempts: which one is next, and how many there are for faults of the site.
    """

    code: str
    cause: str
    mender: str
    until: datetime | None
    attempt: int
    attempts: int


class WaitOut(Schema):
    """How long a submission may wait before it starts, in seconds."""

    least: int
    most: int


class SubmissionOut(Schema):
    """A submission.

    Attributes:
        requested_revision: the branch, tag or commit that was asked for; empty if none was.
        position: its place in the queue while it waits.
        rescores: the id of the submission whose recorded answers it scores again, or null.
        wait: null also if too few runs have ended to judge by, or no worker can take it.
        waiting_for: a sentence for each thing that it needs and no living worker has.
        isolation: what confined it: `bubblewrap`, or `none`; empty before it began.
        result: the id of its result, also when that has left its board.
    """

    id: str
    url: str
    state: str
    model: str
    revision: str
    requested_revision: str
    board: str
    precision: str
    chat_template: bool
    intended_use: str
    position: int | None
    wait: WaitOut | None
    waiting_for: list[str]
    interruption: InterruptionOut | None
    isolation: str
    progress: ProgressOut
    failure: FailureOut | None
    rescores: str | None
    result: str | None
    created_at: datetime


class SubmissionsOut(Schema):
    """Submissions, the newest first; `next` is null at the end."""

    items: list[SubmissionOut]
    next: str | None


def as_data(request: HttpRequest, submissions: Sequence[Submission]) -> list[SubmissionOut]:
    """Return submissions as data, in a few queries however many they are."""
    queue = _queue(submissions)
    return [
        _one(request, submission, progress, queue)
        for submission, progress in zip(submissions, progress_of(submissions), strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Queue:
    """What is asked once for all: places, the queue's pace, the workers that live."""

    places: dict[int, int]
    pace: Pace | None
    crew: list[WorkerProcess]


def _queue(submissions: Sequence[Submission]) -> _Queue:
    return _Queue(
        places=positions() if submissions else {},
        pace=pace() if any(s.state == SubmissionState.QUEUED for s in submissions) else None,
        crew=list(workers.living()) if any(s.is_open for s in submissions) else [],
    )


def _one(
    request: HttpRequest, submission: Submission, progress: Progress, queue: _Queue
) -> SubmissionOut:
    result = getattr(submission, "result", None)
    run = getattr(submission, "run", None)
    position = queue.places.get(submission.pk)
    lacking = missing(lack(submission, progress, queue.crew))
    return SubmissionOut(
        id=submission.public_id,
        url=request.build_absolute_uri(reverse("submission", args=[submission.public_id])),
        state=submission.state,
        model=str(submission.revision.model),
        revision=submission.revision.commit,
        requested_revision=submission.requested_revision,
        board=submission.board.slug,
        precision=submission.precision,
        chat_template=submission.chat_template,
        intended_use=submission.intended_use,
        position=position,
        wait=_wait(position, queue.pace) if not lacking else None,
        waiting_for=lacking,
        interruption=_interruption(pause(submission, progress)),
        isolation=run.isolation if run else "",
        progress=_progress(submission, progress),
        failure=_failure(submission),
        rescores=submission.rescores.public_id if submission.rescores else None,
        result=result.public_id if result else None,
        created_at=submission.created_at,
    )


def _wait(position: int | None, pace: Pace | None) -> WaitOut | None:
    if position is None or pace is None:
        return None
    return WaitOut.from_orm(pace.wait(position))


def _interruption(found: Pause | None) -> InterruptionOut | None:
    if found is None:
        return None
    meaning = found.meaning
    return InterruptionOut(
        code=found.why.code if found.why else "",
        cause=meaning.cause if meaning else "",
        mender=meaning.mender if meaning else Mender.PLATFORM,
        until=found.until,
        attempt=found.attempt,
        attempts=found.attempts,
    )


def _progress(submission: Submission, found: Progress) -> ProgressOut:
    return ProgressOut(
        stage=submission.state,
        answered=found.answered,
        documents=found.documents,
        seconds_left=found.seconds_left,
        per_second=round(found.per_second, 3) if found.per_second else None,
        step_done=found.step_done,
        step_total=found.step_total,
        workers=found.workers,
        tasks=[TaskOut.from_orm(task) for task in found.tasks],
    )


def _failure(submission: Submission) -> FailureOut | None:
    if not submission.failure_code:
        return None
    meaning = failure(submission.failure_code)
    run = getattr(submission, "run", None)
    return FailureOut(
        code=submission.failure_code,
        detail=submission.failure_detail,
        cause=meaning.cause,
        hint=meaning.hint,
        mender=meaning.mender,
        retried=meaning.retried,
        retry=str(RETRIES[meaning.retry]),
        log_tail=run.log_tail if run else "",
    )
