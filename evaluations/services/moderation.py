"""Moderation: disputes and their answers, and taking a result off its board and back onto it.

Every act has a reason, which is public, and an entry in the log, written in its transaction.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from evaluations.enums import (
    DISPUTABLE_STATES,
    DISPUTE_TRANSITIONS,
    OPEN_STATES,
    Act,
    DisputeState,
    SubmissionState,
    states_before,
)
from evaluations.errors import AssayError
from evaluations.models import LogEntry, ModerationAct, Result, Submission, SubmissionEvent
from evaluations.models.identifiers import new_public_id
from evaluations.provenance.canonical import sha256_hex
from evaluations.provenance.records import Kind
from evaluations.queries import moderation as queries
from evaluations.queries.log import entry_of
from evaluations.services import log
from evaluations.services.reasons import checked_reason
from evaluations.services.standings import touch
from evaluations.services.withdrawal import withdraw

#: Open disputes of one person; each costs an operator's time.
MOST_OPEN = 5


@transaction.atomic
def dispute(*, by: User, result: Result, reason: str) -> ModerationAct:
    """Question a result, in public.

    Args:
        by: anybody with an account; one open dispute of theirs about a result at a time.
        result: on its board, or taken off it by an operator.
        reason: what seems wrong, 20 to 2,000 characters; they are published.

    Raises:
        AssayError: if the reason can't be published as it is, the result has left its board for
            good, or the person has this or too many other disputes open.
    """
    reason = checked_reason(reason)
    # The lock has requests of one person counted one after another.
    User.objects.select_for_update().get(pk=by.pk)
    _check_disputable(result)
    _check_open(by, result)
    role = "submitter" if by.pk == result.submission.by_id else "reader"
    return _act(Act.DISPUTE, by=by, role=role, result=result, reason=reason)


@transaction.atomic
def answer(*, by: User, dispute: ModerationAct, outcome: str, reason: str) -> ModerationAct:
    """Answer a dispute, which ends it. What follows from it is an act of its own.

    Args:
        by: staff of this site.
        dispute: an open one.
        outcome: `upheld` (the objection is right), `corrected` (it was, and what was wrong is
            mended) or `dismissed` (nothing changes).
        reason: why, 20 to 2,000 characters; they are published.

    Raises:
        AssayError: if the person may not, the outcome is none, or the dispute is answered already.
    """
    _check_operator(by)
    reason = checked_reason(reason)
    if outcome not in DISPUTE_TRANSITIONS[DisputeState.OPEN]:
        raise AssayError(
            "outcome_unknown",
            f"{outcome!r} is no outcome of a dispute.",
            f"Choose one of {', '.join(sorted(DISPUTE_TRANSITIONS[DisputeState.OPEN]))}.",
        )
    # The lock has two who answer at once come one after the other.
    held = ModerationAct.objects.select_for_update(of=("self",)).get(pk=dispute.pk)
    if held.act != Act.DISPUTE:
        raise AssayError(
            "not_a_dispute",
            f"{held.public_id} is no dispute: there is nothing to answer.",
            "Run manage.py moderate list to see which are open.",
        )
    if ModerationAct.objects.filter(answers=held).exists():
        raise AssayError(
            "already_answered",
            f"The dispute {held.public_id} has been answered.",
            "An answer is final; whoever disagrees with it can open a dispute of their own.",
        )
    return _act(
        Act.ANSWER,
        by=by,
        role="operator",
        result=held.result,
        reason=reason,
        about={"dispute": held.public_id, "outcome": outcome},
        refs=[held.entry.leaf],
        answers=held,
        outcome=outcome,
    )


@transaction.atomic
def remove(*, by: User, result: Result, reason: str) -> ModerationAct:
    """Take a result off its board and its ranks; its page and files stay, with the reason.

    The same model can't be submitted to the board again, or it would come back that way.

    Args:
        by: staff of this site.
        result: on its board.
        reason: why, 20 to 2,000 characters; they are published.

    Raises:
        AssayError: if the person may not, or the result is on no board.
    """
    _check_operator(by)
    reason = checked_reason(reason)
    _move(result, SubmissionState.REMOVED, by, "not_on_a_board", "Only what is on a board can go.")
    # Or its answers, scored again, would bring it back onto the board.
    for again in result.submission.rescored_by.filter(state__in=sorted(OPEN_STATES)):
        withdraw(submission=again, by=by.get_username())
    return _act(Act.REMOVE, by=by, role="operator", result=result, reason=reason)


@transaction.atomic
def restore(*, by: User, result: Result, reason: str) -> ModerationAct:
    """Put a result back onto the board that an operator took it off.

    Args:
        by: staff of this site.
        result: removed; what its submitter withdrew stays withdrawn.
        reason: why, 20 to 2,000 characters; they are published.

    Raises:
        AssayError: if the person may not, or the result was not removed.
    """
    _check_operator(by)
    reason = checked_reason(reason)
    _move(
        result, SubmissionState.PUBLISHED, by, "not_removed", "Only what was removed can come back."
    )
    removal = queries.removal(result)
    refs = [removal.entry.leaf] if removal else []
    return _act(Act.RESTORE, by=by, role="operator", result=result, reason=reason, refs=refs)


def _check_operator(by: User) -> None:
    if not (by.is_staff and by.is_active):
        raise AssayError(
            "not_an_operator",
            f"{by.get_username()} is not staff of this site.",
            "Only staff may do this; anybody may dispute a result on its page.",
        )


def _check_disputable(result: Result) -> None:
    state = Submission.objects.values_list("state", flat=True).get(pk=result.submission_id)
    if state not in DISPUTABLE_STATES:
        raise AssayError(
            "not_disputable",
            f"The result is {state}: it has left its board for good.",
            "Dispute the one that took its place, if there is one.",
        )


def _check_open(by: User, result: Result) -> None:
    theirs = queries.open_disputes().filter(by=by)
    if theirs.filter(result=result).exists():
        raise AssayError(
            "dispute_open",
            "You have an open dispute about this result.",
            "Wait for its answer, which is shown on the result's page.",
        )
    if theirs.count() >= MOST_OPEN:
        raise AssayError(
            "too_many_disputes",
            f"You have {MOST_OPEN} open disputes.",
            "Wait until one of them is answered.",
        )


def _move(result: Result, to: SubmissionState, by: User, code: str, hint: str) -> None:
    """Bring a result's submission into a state, if the table of transitions allows it."""
    held = Submission.objects.filter(pk=result.submission_id, state__in=states_before(to))
    if not held.update(state=to):
        state = Submission.objects.values_list("state", flat=True).get(pk=result.submission_id)
        raise AssayError(code, f"The result is {state}.", hint)
    SubmissionEvent.objects.create(
        submission_id=result.submission_id, state=to, actor=by.get_username(), note="moderation"
    )


def _act(
    act: Act,
    *,
    by: User,
    role: str,
    result: Result,
    reason: str,
    about: dict[str, Any] | None = None,
    refs: Sequence[str] = (),
    **fields: Any,
) -> ModerationAct:
    """Write an act and its entry; the log has the reason's digest, and nobody's name."""
    public_id = new_public_id()
    touch(result.board_id)
    return ModerationAct.objects.create(
        public_id=public_id,
        act=act,
        result=result,
        by=by,
        reason=reason,
        entry=_entry(
            result,
            {
                "act": str(act),
                "id": public_id,
                "result": result.public_id,
                "by": role,
                "reasonSha256": sha256_hex(reason.encode()),
                **(about or {}),
            },
            refs,
        ),
        **fields,
    )


def _entry(result: Result, about: dict[str, Any], refs: Sequence[str]) -> LogEntry:
    # A result from before there was a log has no entry to refer to.
    found = entry_of(result.submission, Kind.RESULT)
    return log.append(
        kind=Kind.MODERATION,
        about=about,
        refs=[*([found.leaf] if found else []), *refs],
        submission=result.submission,
    )
