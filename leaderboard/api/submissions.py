"""Submissions: where each stands."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Router, Schema

from evaluations.errors import AssayError
from evaluations.failures import failure
from evaluations.models import Submission
from evaluations.queries import submissions
from evaluations.queries.progress import position, progress

router = Router(tags=["submissions"])


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
    """A submission; `position` is its place in the queue while it waits, `result` an id."""

    id: str
    url: str
    state: str
    model: str
    revision: str
    board: str
    precision: str
    chat_template: bool
    position: int | None
    progress: ProgressOut
    failure: FailureOut | None
    result: str | None
    created_at: datetime


@router.get("/{slug:submission_id}", response=SubmissionOut, operation_id="get_submission")
def get_submission(request: HttpRequest, submission_id: str) -> SubmissionOut:
    """Say where a submission stands."""
    submission = _submission(submission_id)
    result = getattr(submission, "result", None)
    return SubmissionOut(
        id=submission.public_id,
        url=request.build_absolute_uri(reverse("submission", args=[submission.public_id])),
        state=submission.state,
        model=str(submission.revision.model),
        revision=submission.revision.commit,
        board=submission.board.slug,
        precision=submission.precision,
        chat_template=submission.chat_template,
        position=position(submission),
        progress=_progress(submission),
        failure=_failure(submission),
        result=result.public_id if result else None,
        created_at=submission.created_at,
    )


@router.get("/{slug:submission_id}/log", operation_id="get_submission_log")
def get_submission_log(request: HttpRequest, submission_id: str) -> HttpResponse:
    """Return the last lines of a run's log as text."""
    run = getattr(_submission(submission_id), "run", None)
    text = f"{run.log_tail}\n" if run and run.log_tail else ""
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


def _submission(public_id: str) -> Submission:
    submission = submissions.by_id(public_id)
    if submission is None:
        raise AssayError(
            "submission_not_found",
            f"There is no submission {public_id!r}.",
            "The id is the last part of the submission's address.",
        )
    return submission


def _progress(submission: Submission) -> ProgressOut:
    found = progress(submission)
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
