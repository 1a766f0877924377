"""Claiming work in the database: leases that end, and tokens that fence off whoever lost one.

All times are the database's, so that workers' clocks need not agree.
"""

from datetime import timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from evaluations.enums import SOLO_STATES, SubmissionState, UnitState
from evaluations.models import Run, Unit
from evaluations.services import runs

_Row = TypeVar("_Row", Run, Unit)
_FREE = Q(lease_until__isnull=True) | Q(lease_until__lt=Now())


def claim(worker: str, loaded: int | None) -> Run | Unit | None:
    """Claim a piece of work: of the run `loaded` if it has any left, else the oldest there is."""
    for run in [loaded, None] if loaded is not None else [None]:
        row = claim_unit(worker, run) or claim_run(worker, run)
        if row is not None:
            return row
    return None


def claim_run(worker: str, run: int | None = None) -> Run | None:
    """Claim the oldest run, or just this one, that waits for a stage that is taken alone."""
    waiting = Run.objects.filter(
        _FREE,
        Q(not_before__isnull=True) | Q(not_before__lt=Now()),
        submission__state__in=sorted(SOLO_STATES),
    )
    return _claim(_of(waiting, pk=run).order_by("submission__created_at", "pk"), worker)


def claim_unit(worker: str, run: int | None = None) -> Unit | None:
    """Claim a unit that nobody holds, of the oldest run or of just this one."""
    free = Unit.objects.filter(
        Q(state=UnitState.QUEUED) | Q(state=UnitState.CLAIMED) & _FREE,
        Q(run__not_before__isnull=True) | Q(run__not_before__lt=Now()),
        run__submission__state=SubmissionState.RUNNING,
    )
    return _claim(_of(free, run=run).order_by("run__submission__created_at", "pk"), worker)


def _of(rows: QuerySet[_Row], **run: int | None) -> QuerySet[_Row]:
    return rows.filter(**run) if None not in run.values() else rows


def _claim(free: QuerySet[_Row], worker: str) -> _Row | None:
    with transaction.atomic():
        # SKIP LOCKED on PostgreSQL; on SQLite the transaction itself excludes all others.
        row = free.select_for_update(skip_locked=True, of=("self",)).first()
        if row is None:
            return None
        if row.lease_until is not None:
            # The lease ran out under its holder: a worker was lost, and the run remembers it.
            run = Run.objects.filter(pk=row.run_id if isinstance(row, Unit) else row.pk)
            run.update(faults=F("faults") + 1)
        claimed: dict[str, Any] = (
            {"state": UnitState.CLAIMED, "answered": 0} if isinstance(row, Unit) else {}
        )
        type(row).objects.filter(pk=row.pk).update(
            worker=worker, token=F("token") + 1, lease_until=_lease_end(), **claimed
        )
        row.refresh_from_db()
        return row


def _lease_end() -> object:
    return Now() + timedelta(seconds=settings.ASSAY_LEASE_SECONDS)


def renew(row: Run | Unit, *, answered: int = 0) -> bool:
    """Extend a lease and record progress; False if it is lost, or the submission cancelled."""
    if isinstance(row, Unit):
        claimed = _held(row).filter(state=UnitState.CLAIMED)
        return bool(claimed.update(lease_until=_lease_end(), answered=answered))
    return bool(_held(row).update(lease_until=_lease_end()))


def release(row: Run | Unit) -> None:
    """Give a claim back, so that the next worker need not wait for the lease's end."""
    if isinstance(row, Unit):
        claimed = _held(row).filter(state=UnitState.CLAIMED)
        claimed.update(lease_until=None, state=UnitState.QUEUED, answered=0)
    else:
        _held(row).update(lease_until=None)


def _held(row: _Row) -> QuerySet[_Row]:
    return type(row).objects.filter(pk=row.pk, token=row.token)


def finish(unit: Unit, *, answers_sha256: str) -> None:
    """Record a unit's answers, which lie in the store already.

    Raises:
        StaleLeaseError: if another worker holds the unit now; its answers count, not these.
    """
    done = (
        _held(unit)
        .filter(state=UnitState.CLAIMED)
        .update(
            state=UnitState.FINISHED,
            answered=F("count"),
            answers_sha256=answers_sha256,
            lease_until=None,
        )
    )
    if not done:
        raise runs.StaleLeaseError
    # Progress was made: earlier faults no longer count against the run.
    Run.objects.filter(pk=unit.run_id).update(faults=0)


def complete_runs(by: str) -> None:
    """Move every run whose units are all finished on to scoring.

    Called after a unit's end is committed and by the sweep: of two workers that finish the last
    two units together, neither sees the other's inside its own transaction.
    """
    unfinished = Unit.objects.filter(run=OuterRef("pk")).exclude(state=UnitState.FINISHED)
    done = Run.objects.filter(~Exists(unfinished), submission__state=SubmissionState.RUNNING)
    for run in done:
        try:
            runs.advance(run=run, by=by, to=SubmissionState.SCORING, token=None)
        except runs.StaleLeaseError:
            continue  # another worker was faster


def waiting() -> int:
    """Return how many claims could be made now, as far as a ring needs to know."""
    solo = Run.objects.filter(_FREE, submission__state__in=sorted(SOLO_STATES)).count()
    units = Unit.objects.filter(
        Q(state=UnitState.QUEUED) | Q(state=UnitState.CLAIMED) & _FREE,
        run__submission__state=SubmissionState.RUNNING,
    ).count()
    return solo + units
