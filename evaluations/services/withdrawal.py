"""Taking a submission back, and asking for the same again."""

from django.contrib.auth.models import User
from django.db import transaction

from evaluations.enums import OPEN_STATES, SubmissionState, states_before
from evaluations.errors import AssayError
from evaluations.models import Result, Run, Submission, SubmissionEvent
from evaluations.services import log
from evaluations.services.runs import raise_tokens, who
from evaluations.services.standings import touch
from evaluations.services.submissions import submit


def withdraw(*, submission: Submission, by: str) -> bool:
    """Withdraw a submission: work on it stops; a published result leaves the board.

    The result's page and bundle stay, with a notice: nothing disappears without a trace.

    Args:
        submission: whose state may be an old one; the database's counts.
        by: the person's name.

    Returns:
        Whether there was anything left to withdraw.
    """
    with transaction.atomic():
        withdrawn = Submission.objects.filter(
            pk=submission.pk, state__in=states_before(SubmissionState.WITHDRAWN)
        ).update(state=SubmissionState.WITHDRAWN)
        if withdrawn:
            if Run.objects.filter(submission=submission, finished_at=None).exists():
                raise_tokens(submission.pk)
            SubmissionEvent.objects.create(
                submission=submission, state=SubmissionState.WITHDRAWN, actor=by
            )
            log.ended(submission, code=SubmissionState.WITHDRAWN, by=who(submission, by))
            # What never had a result changes nothing on a board.
            if Result.objects.filter(submission=submission).exists():
                touch(submission.board_id)
            # Or its answers, scored again, would bring it back onto the board.
            for again in submission.rescored_by.filter(state__in=sorted(OPEN_STATES)):
                withdraw(submission=again, by=by)
    return bool(withdrawn)


def retry(*, submission: Submission, by: User, key: str = "") -> tuple[Submission, bool]:
    """Submit again what failed, was cancelled or was withdrawn: same commit, same settings.

    Args:
        submission: the one that has ended.
        by: who asks; the new submission is theirs.
        key: see `submit`.

    Returns:
        The new submission, and whether it is new.

    Raises:
        AssayError: `not_ended` if it is still open.
        RefusedError: as `submit` does; `duplicate` if the same stands already.
    """
    if submission.is_open:
        raise AssayError(
            "not_ended",
            f"The submission is {submission.state}; it has not ended.",
            "Wait until it has ended, or cancel it first.",
        )
    return submit(
        by=by,
        model=f"{submission.revision.model}@{submission.revision.commit}",
        board=submission.board.slug,
        precision=submission.precision,
        chat_template=submission.chat_template,
        intended_use=submission.intended_use,
        key=key,
        requested_revision=submission.requested_revision,
    )
