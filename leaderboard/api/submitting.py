"""Asking for evaluations, and taking them back: everything of the API that changes something."""

from typing import Annotated, Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Field, Router, Schema
from pydantic import ConfigDict

from evaluations.enums import Precision
from evaluations.errors import AssayError
from evaluations.models import Submission
from evaluations.queries import submissions
from evaluations.services import runs, withdrawal
from evaluations.services import submissions as service
from leaderboard.api.access import submits, token_of
from leaderboard.api.cursors import NO_NUL
from leaderboard.api.idempotency import submission_key
from leaderboard.api.submission_data import SubmissionOut, as_data

#: Shared with `leaderboard.api.submissions`, which adds what only reads. `check` comes before the
#: ids there, which would take it for one.
router = Router(tags=["submissions"])


class SubmissionIn(Schema):
    """What to evaluate; anything else in the body is refused."""

    model_config = ConfigDict(extra="forbid", strict=True)

    model: Annotated[
        str,
        Field(
            description="`hf:org/name@revision` (`hf:` and the revision may be left out) "
            "or `local:name`",
            min_length=1,
            max_length=300,
            pattern=NO_NUL,
        ),
    ]
    board: Annotated[
        str, Field(description="a board's slug", min_length=1, max_length=50, pattern=NO_NUL)
    ]
    precision: Annotated[
        str, Field(description=f"one of: {', '.join(Precision)}", max_length=10, pattern=NO_NUL)
    ] = Precision.FLOAT32.value
    chat_template: Annotated[
        bool, Field(description="whether prompts pass through the model's own template")
    ] = False
    intended_use: Annotated[
        str, Field(description="your words; they are published", max_length=1000, pattern=NO_NUL)
    ] = ""


class CheckOut(Schema):
    """What a submission would evaluate; nothing was saved.

    Attributes:
        revision: the commit that the model's revision stands for now.
        parameters: counted in the headers of the weights.
        size: of all files, in bytes.
    """

    model: str
    revision: str
    requested_revision: str
    licence: str
    architecture: str
    parameters: int
    size: int
    has_chat_template: bool
    board: str


@router.post("/check", response=CheckOut, auth=submits, operation_id="check_submission")
def check_submission(request: HttpRequest, wanted: SubmissionIn) -> CheckOut:
    """Say whether a submission would be taken, without making it."""
    checked = service.check(**_wishes(wanted))
    return CheckOut(
        model=checked.model,
        revision=checked.revision,
        requested_revision=checked.requested_revision,
        licence=checked.licence,
        architecture=checked.architecture,
        parameters=checked.parameters,
        size=checked.size,
        has_chat_template=checked.has_chat_template,
        board=checked.board.slug,
    )


@router.post("", response={201: SubmissionOut}, auth=submits, operation_id="create_submission")
def create_submission(
    request: HttpRequest, response: HttpResponse, wanted: SubmissionIn
) -> SubmissionOut:
    """Submit a model."""
    made, _ = service.submit(
        by=_person(request),
        intended_use=wanted.intended_use,
        key=submission_key(request),
        **_wishes(wanted),
    )
    return _made(request, response, made)


@router.post(
    "/{slug:submission_id}/retry",
    response={201: SubmissionOut},
    auth=submits,
    operation_id="retry_submission",
)
def retry_submission(
    request: HttpRequest, response: HttpResponse, submission_id: str
) -> SubmissionOut:
    """Submit again what failed, was cancelled or was withdrawn: same commit, same settings."""
    made, _ = withdrawal.retry(
        submission=_own(request, submission_id), by=_person(request), key=submission_key(request)
    )
    return _made(request, response, made)


@router.post(
    "/{slug:submission_id}/cancel",
    response=SubmissionOut,
    auth=submits,
    operation_id="cancel_submission",
)
def cancel_submission(request: HttpRequest, submission_id: str) -> SubmissionOut:
    """Cancel what waits or runs."""
    submission = _own(request, submission_id)
    if not runs.cancel(submission=submission, by=_person(request).get_username()):
        raise _already_ended("A published result can be withdrawn instead.")
    return _now(request, submission)


@router.post(
    "/{slug:submission_id}/withdraw",
    response=SubmissionOut,
    auth=submits,
    operation_id="withdraw_submission",
)
def withdraw_submission(request: HttpRequest, submission_id: str) -> SubmissionOut:
    """Take a submission back: its work stops; its result leaves the board and keeps its page."""
    submission = _own(request, submission_id)
    if not withdrawal.withdraw(submission=submission, by=_person(request).get_username()):
        raise _already_ended("There is nothing to take back.")
    return _now(request, submission)


def found(public_id: str) -> Submission:
    """Return a submission.

    Raises:
        AssayError: `submission_not_found`.
    """
    submission = submissions.by_id(public_id)
    if submission is None:
        raise AssayError(
            "submission_not_found",
            f"There is no submission {public_id!r}.",
            "The id is the last part of the submission's address.",
        )
    return submission


def _own(request: HttpRequest, public_id: str) -> Submission:
    submission, person = found(public_id), _person(request)
    if not submissions.may_end(submission, person):
        whose = "the operator's doing" if submission.by_id == person.pk else "somebody else's"
        raise AssayError(
            "not_yours",
            f"The submission {public_id} is {whose}.",
            "Only the submitter or staff of this site can do this.",
        )
    return submission


def _person(request: HttpRequest) -> User:
    token = token_of(request)
    assert token is not None  # noqa: S101  told to the type checker; `auth=submits` saw to it
    return token.by


def _wishes(wanted: SubmissionIn) -> dict[str, Any]:
    return wanted.model_dump(exclude={"intended_use"})


def _already_ended(hint: str) -> AssayError:
    return AssayError("already_ended", "The submission has ended already.", hint)


def _now(request: HttpRequest, submission: Submission) -> SubmissionOut:
    return as_data(request, [found(submission.public_id)])[0]


def _made(request: HttpRequest, response: HttpResponse, made: Submission) -> SubmissionOut:
    response.headers["Location"] = reverse("api:get_submission", args=[made.public_id])
    return _now(request, made)
