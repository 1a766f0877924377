"""How runs end early: only by who holds them, with reasons that can be stored and shown."""

import sys
import threading
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from evaluations.enums import SubmissionState
from evaluations.failures import MAX_ATTEMPTS
from evaluations.models import Run, Submission, Unit
from evaluations.services import runs
from tests.factories import make_submission
from workers import claims


def running() -> Run:
    submission = make_submission(state="running")
    run = submission.run
    Unit.objects.create(run=run, task="t", first=0, count=4)
    return run


def claimed() -> Unit:
    unit = claims.claim_unit("first", running().pk)
    assert unit is not None
    return unit


def lose(unit: Unit) -> None:
    """Let the lease end and another worker claim the unit."""
    Unit.objects.filter(pk=unit.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert claims.claim_unit("second", unit.run_id) is not None


def end(unit: Unit, detail: str = "why") -> None:
    runs.fail(run=unit.run, by="first", code="engine_bug", detail=detail, log_tail="", claim=unit)


def state(unit: Unit) -> Submission:
    return Submission.objects.get(run=unit.run_id)


@pytest.mark.django_db
def test_worker_that_lost_its_claim_ends_and_interrupts_nothing() -> None:
    unit = claimed()
    lose(unit)
    faults = Run.objects.get(pk=unit.run_id).faults
    for record in (runs.fail, runs.interrupted):
        with pytest.raises(runs.StaleLeaseError):
            record(run=unit.run, by="first", code="x", detail="", log_tail="", claim=unit)
    assert state(unit).state == SubmissionState.RUNNING
    assert Run.objects.get(pk=unit.run_id).faults == faults


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("detail", "stored"),
    [
        ("a\0b", "ab"),
        ("half \ud800 a pair", "half ? a pair"),
        ("x" * 9000, "x" * 2000),
        (f"{settings.VAR}/work/x failed", "…/work/x failed"),
        (f"{sys.prefix}/lib/a.py", "…/lib/a.py"),
    ],
    ids=["nul", "surrogate", "long", "state folder", "environment"],
)
def test_any_reason_can_be_stored_and_shown(detail: str, stored: str) -> None:
    unit = claimed()
    end(unit, detail)
    assert state(unit).failure_detail == stored


@pytest.mark.django_db
def test_renewing_a_finished_unit_changes_nothing() -> None:
    unit = claimed()
    claims.finish(unit, answers_sha256="0" * 64)
    assert claims.renew(unit, answered=1) is False
    unit.refresh_from_db()
    assert unit.answered == unit.count


@pytest.mark.django_db
def test_interruption_waits_longer_each_time_and_then_gives_up() -> None:
    run = running()
    waits = []
    for _ in range(MAX_ATTEMPTS):
        runs.interrupted(run=run, by="w", code="disk_full", detail="full", log_tail="")
        run.refresh_from_db()
        assert run.not_before is not None
        waits.append(run.not_before)
    assert waits == sorted(waits)
    assert Submission.objects.get(run=run).failure_code == "disk_full"


@pytest.mark.django_db(transaction=True)
def test_cancelling_and_working_at_once_never_wait_for_each_other() -> None:
    """Two transactions that lock rows in another order would have one of them ended."""
    errors: list[Exception] = []

    def repeat(action: object) -> None:
        try:
            for unit in units:
                action(unit)  # type: ignore[operator]
        except runs.StaleLeaseError:
            pass
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    units = [claimed() for _ in range(25)]
    actions = [
        lambda unit: runs.cancel(submission=state(unit), by="ana"),
        lambda unit: _quietly(end, unit),
        lambda unit: _quietly(
            lambda u: runs.advance(
                run=u.run, by="w", to=SubmissionState.SCORING, token=u.run.token
            ),
            unit,
        ),
    ]
    threads = [threading.Thread(target=repeat, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert errors == []
    assert {state(unit).state for unit in units} <= {"cancelled", "failed", "scoring"}


def _quietly(action: object, unit: Unit) -> None:
    try:
        action(unit)  # type: ignore[operator]
    except runs.StaleLeaseError:
        return
