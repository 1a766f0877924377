"""A run's way through its states.

A worker's writes name its lease's token: one that lost its lease changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from evaluations.enums import OPEN_STATES, SOLO_STATES, SubmissionState, states_before
from evaluations.failures import MAX_ATTEMPTS, MAX_ESCALATIONS, FailureCode, Retry, failure
from evaluations.models import Run, Submission, SubmissionEvent, Unit
from evaluations.needs import Needs
from evaluations.queries.workers import offered
from evaluations.redaction import public_text
from evaluations.services import log
from evaluations.services.bell import MAX_RINGS, ring_on_commit

#: After the first, second … fault of the platform, wait so many seconds before trying again.
_BACKOFF = (10, 60)
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
        # What the last stage counted is not the next one's.
        if not held.update(**({"faults": 0, "step_done": 0, "step_total": 0} | fields)):
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
    prompts_sha256: str,
    pack: Mapping[str, str],
    environment: Mapping[str, Any],
    units: Sequence[tuple[str, int, int]],
    engine: str,
) -> None:
    """Record a run's plan and cut it into units `(task, first, count)`; the first one leads.

    Args:
        run: in the state planning.
        token: its lease's token.
        by: the worker's name.
        plan: the contents of `run/plan.json`.
        plan_sha256: its digest.
        prompts_sha256: see `Run`.
        pack: for each task the digest of its file.
        environment: of the process that planned.
        units: in the order in which they are claimed.
        engine: the tag that every worker of this run must offer from now on.

    Raises:
        StaleLeaseError: see `advance`.
    """
    with transaction.atomic():
        advance(
            run=run,
            by=by,
            to=SubmissionState.SMOKE,
            token=token,
            plan=plan,
            plan_sha256=plan_sha256,
            prompts_sha256=prompts_sha256,
            pack=pack,
            environment=environment,
            needs=Needs.read(run.needs).with_tag(engine).as_json(),
        )
        Unit.objects.bulk_create(
            Unit(run=run, task=task, first=first, count=count, leads=place == 0)
            for place, (task, first, count) in enumerate(units)
        )


def begin_answering(*, run: Run, token: int, by: str) -> None:
    """Open a run's leading unit to whoever claims it first.

    Raises:
        StaleLeaseError: see `advance`.
    """
    advance(run=run, by=by, to=SubmissionState.RUNNING, token=token, answering_since=Now())


def fan_out(*, run: Run) -> None:
    """Open all units of a run to all workers, now that its first one is answered."""
    Run.objects.filter(pk=run.pk).update(fanned_out=True)
    ring_on_commit(MAX_RINGS)


def confined(*, run: Run, by: str) -> None:
    """Note what confines a runner of a run; one that nothing confines is remembered for good.

    Args:
        run: the run.
        by: `bubblewrap` or `none`.
    """
    if run.isolation not in {by, "none"}:
        Run.objects.filter(pk=run.pk).exclude(isolation="none").update(isolation=by)


def spend(*, run: Run, seconds: float, joules: float | None, log_tail: str | None = None) -> None:
    """Add what a worker has just spent on a run.

    Args:
        run: the run.
        seconds: of one worker.
        joules: None if it doesn't measure.
        log_tail: the runner's last lines; None leaves those that stand there, which may be of
            whoever ended the run.
    """
    fields: dict[str, Any] = {"busy_seconds": F("busy_seconds") + seconds}
    if log_tail is not None:
        fields["log_tail"] = last_lines(log_tail)
    if joules is not None:
        fields["energy_joules"] = Coalesce(F("energy_joules"), 0.0) + joules
    Run.objects.filter(pk=run.pk).update(**fields)


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
        log.ended(run.submission, code=code, by="site")


def interrupted(
    *, run: Run, by: str, code: str, detail: str, log_tail: str, claim: Run | Unit | None = None
) -> None:
    """Note why a run was interrupted: try again later, or give up at the last attempt.

    A fault of the platform gets `MAX_ATTEMPTS`; what may be mended by more memory or time gets one
    more attempt with twice as much, which workers that meet with it together use up together.

    Args:
        run: as it was when its part was claimed; gets what stands now.
        by: see `fail`, as for the others.
        code: likewise.
        detail: likewise.
        log_tail: likewise.
        claim: likewise.

    Raises:
        StaleLeaseError: see `fail`.
    """
    escalates = failure(code).retry is Retry.ESCALATE
    row = run if claim is None else claim
    with transaction.atomic():
        _check(claim)
        if escalates:
            same_attempt = Run.objects.filter(pk=run.pk, escalations=run.escalations)
            if not same_attempt.update(escalations=F("escalations") + 1):
                return
        else:
            type(row).objects.filter(pk=row.pk).update(faults=F("faults") + 1)
        run.refresh_from_db(fields=["escalations", "needs"])
        row.refresh_from_db(fields=["faults"])
        wait = timedelta(seconds=_BACKOFF[min(max(row.faults, 1), len(_BACKOFF)) - 1])
        Run.objects.filter(pk=run.pk).update(
            faults=row.faults,
            not_before=Now() + wait,
            log_tail=last_lines(log_tail),
            needs=_more(run) if code == FailureCode.OUT_OF_MEMORY else run.needs,
        )
        gives_up = row.faults >= MAX_ATTEMPTS or run.escalations > MAX_ESCALATIONS
        if not gives_up:
            note_interruption(submission_id=run.submission_id, by=by, code=code)
    if gives_up:
        fail(run=run, by=by, code=code, detail=detail, log_tail=log_tail, claim=claim)


def note_interruption(*, submission_id: int, by: str, code: str) -> None:
    """Write an event in the present state, which tells why a stage will be taken once more.

    Args:
        submission_id: nothing is written if it has ended.
        by: who noticed.
        code: a `FailureCode`.
    """
    found = Submission.objects.filter(pk=submission_id, state__in=sorted(OPEN_STATES))
    for state in found.values_list("state", flat=True):
        SubmissionEvent.objects.create(
            submission_id=submission_id, state=state, actor=by, note=code
        )


def _more(run: Run) -> dict[str, Any]:
    """Return a run's needs with twice the memory, or with as much as the largest worker has."""
    needs = Needs.read(run.needs)
    most = max((offers.memory for offers in offered()), default=0)
    return replace(needs, memory=max(needs.memory, min(2 * needs.memory, most))).as_json()


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
            log.ended(submission, code=FailureCode.CANCELLED, by=who(submission, by))
    return bool(cancelled)


def who(submission: Submission, by: str) -> str:
    """Return who ended a submission, as the log says it: in a part, not by name."""
    return "submitter" if by == submission.by.get_username() else "operator"


def last_lines(text: str) -> str:
    """Return the end of a log, as the submission's page shows it."""
    return "\n".join(text.splitlines()[-_LOG_LINES:])


def _storable(detail: str) -> str:
    """Return a reason as it may be shown and as PostgreSQL's text can hold it."""
    text = detail.encode("utf-8", "replace").decode().replace("\0", "")
    return public_text(text)[:_DETAIL_CHARACTERS]
