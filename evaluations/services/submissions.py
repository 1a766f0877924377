"""Taking submissions: checks are from metadata, before the queue; a refusal says what to change."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from evaluations.enums import OPEN_STATES, STANDING_STATES, Precision, SubmissionState
from evaluations.errors import AssayError
from evaluations.failures import FailureCode, failure
from evaluations.models import Board, LanguageModel, Revision, Run, Submission, SubmissionEvent
from evaluations.services.bell import ring_on_commit


class RefusedError(AssayError):
    """A submission was refused.

    Attributes:
        field: the form's field that the reason belongs to.
        duplicate: the submission that already asks for the same, if that is the reason.
    """

    def __init__(
        self, field: str, code: str, detail: str, hint: str, duplicate: Submission | None = None
    ) -> None:
        super().__init__(code, detail, hint)
        self.field = field
        self.duplicate = duplicate


def submit(
    *,
    by: User,
    model: str,
    board: str,
    precision: str = Precision.FLOAT32,
    chat_template: bool = False,
    intended_use: str = "",
    key: str = "",
) -> tuple[Submission, bool]:
    """Check a request and put it into the queue.

    Args:
        by: who asks.
        model: `local:name` or `local:name@revision` (a commit or the beginning of one).
        board: a board's slug.
        precision: one of `Precision`.
        chat_template: whether prompts pass through the model's own template.
        intended_use: the submitter's words; they are published.
        key: chosen by the caller; the same person's same key is the same submission, so that
            nothing is doubled when a request is sent twice.

    Returns:
        The submission, and whether it is new.

    Raises:
        RefusedError: with the field, a stable code, the reason, and what to change.
    """
    if key and (earlier := Submission.objects.filter(by=by, key=key).first()):
        return earlier, False
    wanted = _checked(model, board, precision, chat_template=chat_template)
    try:
        with transaction.atomic():
            _check_limit(by)
            submission = _create(by=by, key=key, intended_use=intended_use, **wanted)
    except IntegrityError:
        # Lost a race, or asked for what already stands: the constraints say which.
        if key and (earlier := Submission.objects.filter(by=by, key=key).first()):
            return earlier, False
        standing = Submission.objects.filter(state__in=sorted(STANDING_STATES), **wanted).first()
        if standing is None:
            raise
        raise _duplicate(standing) from None
    return submission, True


def _checked(model: str, board: str, precision: str, *, chat_template: bool) -> dict[str, Any]:
    """Return what is wanted, as fields of a submission, or refuse it."""
    chosen, revision = _open_board(board), _revision(model)
    if precision not in set(Precision):
        raise RefusedError(
            "precision",
            "precision_unknown",
            f"{precision!r} is not a precision offered here.",
            f"Choose one of {', '.join(Precision)}.",
        )
    if chat_template and not revision.has_chat_template:
        code = FailureCode.CHAT_TEMPLATE_ERROR
        raise RefusedError(
            "chat_template", code, f"{revision.model} has no chat template.", failure(code).hint
        )
    return {
        "revision": revision,
        "board": chosen,
        "precision": precision,
        "chat_template": chat_template,
    }


def _open_board(slug: str) -> Board:
    board = Board.objects.select_related("suite").filter(slug=slug).first()
    if board is None:
        raise RefusedError(
            "board",
            "board_not_found",
            f"There is no board {slug!r}.",
            "Choose one from the list of boards.",
        )
    if board.suite.is_draft:
        raise RefusedError(
            "board",
            "suite_draft",
            f"The suite of {board.title} is still a draft.",
            "Drafts take no submissions until they are published; choose another board.",
        )
    return board


def _revision(name: str) -> Revision:
    source, _, rest = name.strip().partition(":")
    wanted, _, commit = rest.partition("@")
    found = LanguageModel.objects.filter(source=source, name=wanted).first() if wanted else None
    if found is None:
        code = FailureCode.MODEL_NOT_FOUND
        raise RefusedError(
            "model", code, f"There is no model {name.strip()!r} here.", failure(code).hint
        )
    revision = found.revisions.filter(commit__startswith=commit.lower()).first()
    if revision is None:
        code = FailureCode.REVISION_MISSING
        raise RefusedError(
            "model", code, f"{found} has no revision {commit!r}.", failure(code).hint
        )
    return revision


def _check_limit(by: User) -> None:
    # The lock has requests of one person counted one after another.
    User.objects.select_for_update().get(pk=by.pk)
    waiting = Submission.objects.filter(by=by, state__in=sorted(OPEN_STATES)).count()
    if waiting >= settings.ASSAY_OPEN_SUBMISSIONS:
        raise RefusedError(
            "model",
            "too_many_open",
            f"You have {waiting} submissions waiting or running.",
            "Wait until one has ended, or cancel one.",
        )


def _create(*, by: User, key: str, **fields: object) -> Submission:
    submission = Submission(by=by, **fields)
    if key:
        submission.key = key
    submission.save(force_insert=True)
    Run.objects.create(submission=submission)
    SubmissionEvent.objects.create(
        submission=submission, state=SubmissionState.QUEUED, actor=by.get_username()
    )
    ring_on_commit()
    return submission


def _duplicate(earlier: Submission) -> RefusedError:
    return RefusedError(
        "model",
        "duplicate",
        "This model was already submitted to this board.",
        "See the earlier submission; submit again when the model has a new revision.",
        earlier,
    )
