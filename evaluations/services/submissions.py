"""Taking submissions into the queue."""

from dataclasses import replace

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from evaluations.enums import OPEN_STATES, Precision, SubmissionState
from evaluations.hub.models import HubModel
from evaluations.models import Run, Submission, SubmissionEvent, Suite
from evaluations.needs import CODE, NETWORK, Needs, extra_tag, of_model
from evaluations.services import log
from evaluations.services.bell import ring_on_commit
from evaluations.services.requests import CheckedRequest, RefusedError, check, duplicate

__all__ = ["CheckedRequest", "RefusedError", "check", "submit", "tags_of"]


def submit(
    *,
    by: User,
    model: str,
    board: str,
    precision: str = Precision.FLOAT32,
    chat_template: bool = False,
    intended_use: str = "",
    key: str = "",
    requested_revision: str | None = None,
) -> tuple[Submission, bool]:
    """Check a request and put it into the queue.

    Args:
        by: who asks.
        model: `local:name`, `hf:org/name` or `org/name`; a branch, tag or commit after `@`.
        board: a board's slug.
        precision: one of `Precision`.
        chat_template: whether prompts pass through the model's own template.
        intended_use: the submitter's words; they are published.
        key: chosen by the caller; the same person's same key is the same submission, so that
            nothing is doubled when a request is sent twice.
        requested_revision: what people asked for when `model` names the commit that it stood for
            then; None takes what stands after `@`.

    Returns:
        The submission, and whether it is new.

    Raises:
        RefusedError: with the field, a stable code, the reason, and what to change.
    """
    if key and (earlier := Submission.objects.filter(by=by, key=key).first()):
        return earlier, False
    # Before the hub is asked, so that nobody has it asked without end; and again below.
    _check_limit(by)
    try:
        wanted = check(model=model, board=board, precision=precision, chat_template=chat_template)
    except RefusedError as refused:
        return _earlier(by, key, refused), False
    if requested_revision is not None:
        wanted = replace(wanted, requested_revision=requested_revision)
    try:
        with transaction.atomic():
            # The lock has requests of one person counted one after another.
            User.objects.select_for_update().get(pk=by.pk)
            _check_limit(by)
            return _create(wanted, by=by, key=key, intended_use=intended_use), True
    except IntegrityError as error:
        # Lost a race, or asked for what already stands: the constraints say which.
        standing = wanted.standing()
        return _earlier(by, key, duplicate(standing) if standing else error), False


def _earlier(by: User, key: str, error: Exception) -> Submission:
    """Return what the same request made while this one was being checked, or raise the error."""
    earlier = Submission.objects.filter(by=by, key=key).first() if key else None
    if earlier is None:
        raise error
    return earlier


def _check_limit(by: User) -> None:
    theirs = Submission.objects.filter(by=by, state__in=sorted(OPEN_STATES))
    # Scoring their answers again was not their wish.
    waiting = theirs.filter(rescores=None).count()
    if waiting >= settings.ASSAY_OPEN_SUBMISSIONS:
        raise RefusedError(
            "model",
            "too_many_open",
            f"You have {waiting} submissions waiting or running.",
            "Wait until one has ended, or cancel one.",
        )


def _create(wanted: CheckedRequest, *, by: User, key: str, intended_use: str) -> Submission:
    submission = Submission(
        by=by,
        revision=wanted.record(),
        requested_revision=wanted.requested_revision,
        board=wanted.board,
        suite=wanted.board.suite,
        precision=wanted.precision,
        chat_template=wanted.chat_template,
        intended_use=intended_use,
    )
    if key:
        submission.key = key
    submission.save(force_insert=True)
    Run.objects.create(submission=submission, needs=_needs(wanted).as_json())
    SubmissionEvent.objects.create(
        submission=submission, state=SubmissionState.QUEUED, actor=by.get_username()
    )
    log.intent(submission)
    ring_on_commit()
    return submission


def _needs(wanted: CheckedRequest) -> Needs:
    """Return what a worker must have for a run."""
    tags = tags_of(wanted.board.suite)
    if isinstance(wanted.origin, HubModel):
        tags.add(NETWORK)
    return of_model(parameters=wanted.parameters, size=wanted.size, tags=tuple(tags))


def tags_of(suite: Suite) -> set[str]:
    """Return what a worker must offer to load and score a suite's tasks, whatever the model."""
    tags = {extra_tag(name) for name in suite.requires}
    if suite.pins.get("datasets"):
        tags.add(NETWORK)
    if suite.pins.get("unsafe_code"):
        tags.add(CODE)
    return tags
