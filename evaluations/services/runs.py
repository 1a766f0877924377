"""A run's way through its states.

A worker's writes name its lease's token: one that lost its lease changes nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from evaluations.enums import SOLO_STATES, SubmissionState, states_before
from evaluations.failures import MAX_ATTEMPTS, FailureCode
from evaluations.models import Run, Submission, SubmissionEvent, Unit
from evaluations.redaction import public_text
from evaluations.services.bell import ring_on_commit

#: After the first, second … fault of the platform, wait so many seconds before trying again.
_BACKOFF = (5, 30, 120)
_LOG_LINES = 50
_DETAIL_CHARACTERS = 2000


class StaleLeaseError(Exception):
    """Somebody else holds the lease now, or the submission has moved on: throw the work away."""


def advance(
    *, run: Run, by: str, to: SubmissionState, token: int | None, note: str = "", **fields: Any
) -> None:
    """Move a run's submission to its next state and write the event, in one transaction.

    Args:
        run: as it was claimed.
        by: the worker's name or a person's.
        to: the next state; the table in `enums` must allow it.
        note: stands in the event.
        token: the lease's token. None for stages that no one worker holds.
        fields: what else to write on the run.

    Raises:
        StaleLeaseError: if the token or the state is no longer current; nothing was changed.
    """
    if to not in SOLO_STATES:
        fields |= {"lease_until": None}
    held = Run.objects.filter(pk=run.pk)
    if token is not None:
        held = held.filter(token=token)
    with transaction.atomic():
        # Updating takes the row's lock, so that two workers can't both pass here.
        moved = Submission.objects.filter(pk=run.submission_id, state__in=states_before(to))
        if not moved.update(state=to):
            raise StaleLeaseError
        if not held.update(**(fields or {"faults": 0})):
            raise StaleLeaseError
        SubmissionEvent.objects.create(
            submission_id=run.submission_id, state=to, actor=by, note=note
        )
        ring_on_commit()


def plan(
    *,
    run: Run,
    token: int,
    by: str,
    plan: Mapping[str, Any],
    plan_sha256: str,
    pack: Mapping[str, str],
    environment: Mapping[str, Any],
    units: Sequence[tuple[str, int, int]],
) -> None:
    """Record a run's plan, cut it into units `(task, first, count)`, and open it to all workers.

    Raises:
        StaleLeaseError: see `advance`.
    """
    with transaction.atomic():
        advance(
            run=run,
            by=by,
            to=SubmissionState.RUNNING,
            token=token,
            plan=plan,
            plan_sha256=plan_sha256,
            pack=pack,
            environment=environment,
            answering_since=Now(),
        )
        Unit.objects.bulk_create(
            Unit(run=run, task=task, first=first, count=count) for task, first, count in units
        )
        ring_on_commit(len(units))


def fail(
    *, run: Run, by: str, code: str, detail: str, log_tail: str, claim: Run | Unit | None = None
) -> None:
    """End a run with a reason. Harmless if it has ended already.

    Args:
        run: the run.
        by: the worker's name.
        code: a `FailureCode`.
        detail: one sentence about this case; what can't be stored or shown is cut out of it.
        log_tail: the runner's last lines.
        claim: what the worker holds, as it was claimed.

    Raises:
        StaleLeaseError: if the claim was lost; nothing was changed.
    """
    with transaction.atomic():
        ended = Submission.objects.filter(
            pk=run.submission_id,
            state__in=states_before(SubmissionState.FAILED),
        ).update(state=SubmissionState.FAILED, failure_code=code, failure_detail=_storable(detail))
        if not ended:
            return
        _check(claim)
        raise_tokens(run.submission_id, log_tail=last_lines(log_tail))
        SubmissionEvent.objects.create(
            submission_id=run.submission_id, state=SubmissionState.FAILED, actor=by, note=code
        )


def interrupted(
    *, run: Run, by: str, code: str, detail: str, log_tail: str, claim: Run | Unit | None = None
) -> None:
    """Note a fault of the platform: try again later, or give up at the last attempt.

    Raises:
        StaleLeaseError: see `fail`.
    """
    with transaction.atomic():
        _check(claim)
        Run.objects.filter(pk=run.pk).update(faults=F("faults") + 1)
        run.refresh_from_db(fields=["faults"])
        wait = timedelta(seconds=_BACKOFF[min(run.faults, len(_BACKOFF)) - 1])
        Run.objects.filter(pk=run.pk).update(not_before=Now() + wait, log_tail=last_lines(log_tail))
    if run.faults >= MAX_ATTEMPTS:
        fail(run=run, by=by, code=code, detail=detail, log_tail=log_tail, claim=claim)


def _check(claim: Run | Unit | None) -> None:
    """Lock a claim's row, so that it can't be lost before the transaction's end."""
    if claim is None:
        return
    held = type(claim).objects.select_for_update(of=("self",))
    if not held.filter(pk=claim.pk, token=claim.token).exists():
        raise StaleLeaseError


def raise_tokens(submission_id: int, **fields: Any) -> None:
    """End a run, so that whoever still works on it loses by a token that is too low.

    Rows are locked in one order everywhere, submission, units, run, or PostgreSQL would have to
    end one of two transactions that wait for each other.
    """
    Unit.objects.filter(run__submission=submission_id).update(
        token=F("token") + 1, lease_until=None
    )
    Run.objects.filter(submission=submission_id).update(
        token=F("token") + 1, lease_until=None, finished_at=Now(), **fields
    )


def cancel(*, submission: Submission, by: str) -> bool:
    """Cancel an open submission; whoever works on it stops at its next heartbeat.

    Returns:
        Whether there was anything left to cancel.
    """
    with transaction.atomic():
        cancelled = Submission.objects.filter(
            pk=submission.pk, state__in=states_before(SubmissionState.CANCELLED)
        ).update(state=SubmissionState.CANCELLED, failure_code=FailureCode.CANCELLED)
        if cancelled:
            raise_tokens(submission.pk)
            SubmissionEvent.objects.create(
                submission=submission, state=SubmissionState.CANCELLED, actor=by
            )
    return bool(cancelled)


def last_lines(text: str) -> str:
    """Return the end of a log, as the submission's page shows it."""
    return "\n".join(text.splitlines()[-_LOG_LINES:])


def _storable(detail: str) -> str:
    """Return a reason as it may be shown and as PostgreSQL's text can hold it."""
    text = detail.encode("utf-8", "replace").decode().replace("\0", "")
    return public_text(text)[:_DETAIL_CHARACTERS]
