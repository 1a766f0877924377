"""Claiming work in the database: leases that end, and tokens that fence off whoever lost one.

All times are the database's, so that workers' clocks need not agree.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from evaluations.enums import SOLO_STATES, SubmissionState, UnitState
from evaluations.failures import FailureCode
from evaluations.models import Run, Unit
from evaluations.needs import Needs, Offers
from evaluations.queries.turns import fair
from evaluations.services import runs

_Row = TypeVar("_Row", Run, Unit)
_FREE = Q(lease_until__isnull=True) | Q(lease_until__lt=Now())
_DUE = Q(not_before__isnull=True) | Q(not_before__lte=Now())
#: Runs that are looked at together.
_CANDIDATES = 100


def claim(worker: str, offers: Offers, *, loaded: int | None = None) -> Run | Unit | None:
    """Claim a piece of work.

    Args:
        worker: its name.
        offers: what it has; a run that needs more is left to others.
        loaded: the run to stay with while it has anything left to do. None takes the run whose
            turn it is.
    """
    if loaded is not None and (row := claim_of(worker, loaded)):
        return row
    for run, needs in _candidates():
        if not offers.lacks(Needs.read(needs)) and (row := claim_of(worker, run)):
            return row
    return None


def _candidates() -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the runs with anything to claim and what they need, in the order of their turn."""
    in_turn = fair(_with_work()).values_list("pk", "needs")
    for first in count(step=_CANDIDATES):
        rows = list(in_turn[first : first + _CANDIDATES])
        yield from rows
        if len(rows) < _CANDIDATES:
            return


def _with_work() -> QuerySet[Run]:
    free = Unit.objects.filter(
        Q(state=UnitState.QUEUED) | Q(state=UnitState.CLAIMED) & _FREE, run=OuterRef("pk")
    )
    return Run.objects.filter(_DUE).filter(
        Q(_FREE, submission__state__in=sorted(SOLO_STATES))
        | Q(
            Q(fanned_out=True) & Exists(free) | Exists(free.filter(leads=True)),
            submission__state=SubmissionState.RUNNING,
        )
    )


def claim_of(worker: str, run: int) -> Run | Unit | None:
    """Claim a piece of one run, or nothing if there is none that is free."""
    # Units first: a run has one solo stage after another, but may have ten thousand units.
    waiting = Run.objects.filter(_FREE, _DUE, pk=run, submission__state__in=sorted(SOLO_STATES))
    return _claim_unit(worker, run) or _claim(waiting.select_related("submission"), worker)


def _claim_unit(worker: str, run: int) -> Unit | None:
    """Claim the next unit that nobody has begun, else one whose lease has ended."""
    units = (
        Unit.objects.filter(
            Q(run__fanned_out=True) | Q(leads=True),
            Q(run__not_before__isnull=True) | Q(run__not_before__lt=Now()),
            run=run,
            run__submission__state=SubmissionState.RUNNING,
        )
        .select_related("run__submission")
        .order_by("pk")
    )
    return _claim(units.filter(state=UnitState.QUEUED), worker) or _claim(
        units.filter(_FREE, state=UnitState.CLAIMED), worker
    )


def _claim(free: QuerySet[_Row], worker: str) -> _Row | None:
    with transaction.atomic():
        # SKIP LOCKED on PostgreSQL; on SQLite the transaction itself excludes all others.
        row = free.select_for_update(skip_locked=True, of=("self",)).first()
        if row is None:
            return None
        claimed: dict[str, Any] = {"worker": worker, "token": row.token + 1} | (
            {"state": UnitState.CLAIMED, "answered": row.recorded}
            if isinstance(row, Unit)
            else {"step_done": 0, "step_total": 0}
        )
        if row.lease_until is not None:
            # The lease ran out under its holder: a worker was lost.
            claimed["faults"] = row.faults + 1
            run = row.run if isinstance(row, Unit) else row
            Run.objects.filter(pk=run.pk).update(faults=claimed["faults"])
            runs.note_interruption(
                submission_id=run.submission_id, by=worker, code=FailureCode.LEASE_LOST
            )
        # The row is locked: what was read of it holds, and it need not be read again.
        type(row).objects.filter(pk=row.pk).update(lease_until=_lease_end(), **claimed)
        for name, value in claimed.items():
            setattr(row, name, value)
        return row


def _lease_end() -> object:
    return Now() + timedelta(seconds=settings.ASSAY_LEASE_SECONDS)


def renew(row: Run | Unit, *, done: int = 0, total: int = 0) -> bool:
    """Extend a lease and record progress; False if it is lost, or the submission cancelled.

    Args:
        row: as it was claimed.
        done: documents answered of a unit; of a run, pieces of its present stage.
        total: how many pieces that stage has.
    """
    if isinstance(row, Unit):
        claimed = _held(row).filter(state=UnitState.CLAIMED)
        return bool(claimed.update(lease_until=_lease_end(), answered=done))
    return bool(_held(row).update(lease_until=_lease_end(), step_done=done, step_total=total))


def record(unit: Unit, *, recorded: int, sha256: str) -> None:
    """Note that a unit's first answers lie in the store, so that a successor goes on after them.

    Raises:
        StaleLeaseError: if another worker holds the unit now.
    """
    claimed = _held(unit).filter(state=UnitState.CLAIMED)
    if not claimed.update(recorded=recorded, recorded_sha256=sha256):
        raise runs.StaleLeaseError


def release(row: Run | Unit) -> None:
    """Give a claim back, so that the next worker need not wait for the lease's end."""
    if isinstance(row, Unit):
        claimed = _held(row).filter(state=UnitState.CLAIMED)
        claimed.update(lease_until=None, state=UnitState.QUEUED, answered=F("recorded"))
    else:
        _held(row).update(lease_until=None)


def _held(row: _Row) -> QuerySet[_Row]:
    return type(row).objects.filter(pk=row.pk, token=row.token)


def finish(unit: Unit, *, answers_sha256: str) -> None:
    """Record a unit's answers, which lie in the store already.

    The leading unit's end opens the run to all workers.

    Raises:
        StaleLeaseError: if another worker holds the unit now; its answers count, not these.
    """
    with transaction.atomic():
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
        if unit.leads:
            runs.fan_out(run=unit.run)


def complete_runs(by: str, run: Run | None = None) -> None:
    """Move every run whose units are all finished, or just this one if it is so, on to scoring.

    Called after a unit's end is committed and by the sweep: of two workers that finish the last
    two units together, neither sees the other's inside its own transaction.
    """
    unfinished = Unit.objects.filter(
        run=OuterRef("pk"), state__in=[UnitState.QUEUED, UnitState.CLAIMED]
    )
    running = Run.objects.filter(submission__state=SubmissionState.RUNNING)
    if run is not None:
        running = running.filter(pk=run.pk)
    for done in running.filter(~Exists(unfinished)):
        try:
            runs.advance(run=done, by=by, to=SubmissionState.SCORING, token=None)
        except runs.StaleLeaseError:
            continue  # another worker was faster


def waiting() -> int:
    """Return how many claims could be made now, as far as a ring needs to know."""
    solo = Run.objects.filter(_FREE, _DUE, submission__state__in=sorted(SOLO_STATES)).count()
    units = Unit.objects.filter(
        Q(state=UnitState.QUEUED) | Q(state=UnitState.CLAIMED) & _FREE,
        Q(run__fanned_out=True) | Q(leads=True),
        run__submission__state=SubmissionState.RUNNING,
    ).count()
    return solo + units
