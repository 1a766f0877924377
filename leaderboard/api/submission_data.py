"""A submission as data."""

from collections.abc import Sequence
from datetime import datetime

from django.http import HttpRequest
from django.urls import reverse
from ninja import Schema

from evaluations.failures import failure
from evaluations.models import Submission
from evaluations.queries.progress import Progress, positions, progress_of


class TaskOut(Schema):
    """Documents of one task, answered and in all."""

    task: str
    answered: int
    documents: int


class ProgressOut(Schema):
    """How far a run has come; `seconds_left` is null while there is no pace to judge by."""

    stage: str
    answered: int
    documents: int
    seconds_left: int | None
    tasks: list[TaskOut]


class FailureOut(Schema):
    """Why a submission ended early; `mender` says who can mend it."""

    code: str
    detail: str
    cause: str
    hint: str
    mender: str
    retried: bool


class SubmissionOut(Schema):
    """A submission.

    Attributes:
        requested_revision: the branch, tag or commit that was asked for; empty if none was.
        position: its place in the queue while it waits.
        result: the id of its result, also when that was withdrawn.
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
    progress: ProgressOut
    failure: FailureOut | None
    result: str | None
    created_at: datetime


class SubmissionsOut(Schema):
    """Submissions, the newest first; `next` is null at the end."""

    items: list[SubmissionOut]
    next: str | None


def as_data(request: HttpRequest, submissions: Sequence[Submission]) -> list[SubmissionOut]:
    """Return submissions as data, in two queries however many they are."""
    places = positions() if submissions else {}
    return [
        _one(request, submission, progress, places.get(submission.pk))
        for submission, progress in zip(submissions, progress_of(submissions), strict=True)
    ]


def _one(
    request: HttpRequest, submission: Submission, progress: Progress, position: int | None
) -> SubmissionOut:
    result = getattr(submission, "result", None)
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
        progress=_progress(submission, progress),
        failure=_failure(submission),
        result=result.public_id if result else None,
        created_at=submission.created_at,
    )


def _progress(submission: Submission, found: Progress) -> ProgressOut:
    return ProgressOut(
        stage=submission.state,
        answered=found.answered,
        documents=found.documents,
        seconds_left=found.seconds_left,
        tasks=[TaskOut.from_orm(task) for task in found.tasks],
    )


def _failure(submission: Submission) -> FailureOut | None:
    if not submission.failure_code:
        return None
    meaning = failure(submission.failure_code)
    return FailureOut(
        code=submission.failure_code,
        detail=submission.failure_detail,
        cause=meaning.cause,
        hint=meaning.hint,
        mender=meaning.mender,
        retried=meaning.retried,
    )
