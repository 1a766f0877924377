"""How runs end early: only by who holds them, with reasons that can be stored and shown."""

import contextlib
import sys
import threading
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from evaluations.enums import SubmissionState
from evaluations.failures import MAX_ATTEMPTS, FailureCode, Retry, failure
from evaluations.models import Run, Submission, Unit
from evaluations.needs import Needs, Offers
from evaluations.queries import submissions
from evaluations.services import runs
from evaluations.services.workers import announce
from tests.factories import make_event, make_submission
from workers import claims


def running() -> Run:
    submission = make_submission(state="running")
    run = submission.run
    Unit.objects.create(run=run, task="t", first=0, count=4, leads=True)
    return run


def claimed() -> Unit:
    unit = claims.claim_of("first", running().pk)
    assert isinstance(unit, Unit)
    return unit


def lose(unit: Unit) -> None:
    """Let the lease end and another worker claim the unit."""
    Unit.objects.filter(pk=unit.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert claims.claim_of("second", unit.run_id) is not None


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
        (f"{settings.VAR}/slots/x failed", "…/slots/x failed"),
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
    assert claims.renew(unit, done=1) is False
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


@pytest.mark.django_db
def test_interruption_is_an_event_in_the_present_state_until_the_last() -> None:
    run = running()
    for code in ("disk_full", "store_unavailable", "worker_lost"):
        runs.interrupted(run=run, by="w", code=code, detail="", log_tail="")
    events = list(run.submission.events.values_list("state", "note"))[1:]
    assert events == [
        ("running", "disk_full"), ("running", "store_unavailable"), ("failed", "worker_lost"),
    ]  # fmt: skip


@pytest.mark.django_db
def test_interruptions_are_told_apart_from_stages() -> None:
    run = running()
    for state in ("fetching", "running"):
        make_event(run.submission, state)
    runs.interrupted(run=run, by="w", code="disk_full", detail="", log_tail="")
    submission = Submission.objects.get(run=run)
    (found,) = submissions.interruptions(submission)
    assert (found.state, found.code) == (SubmissionState.RUNNING, "disk_full")
    entered = submission.events.filter(state="running").first()
    began = {stage.state: stage.began for stage in submissions.stages(submission)}
    assert entered is not None
    assert began[SubmissionState.RUNNING] == entered.at


@pytest.mark.django_db
def test_what_has_ended_is_not_interrupted_any_more() -> None:
    submission = make_submission(state="cancelled")
    runs.note_interruption(submission_id=submission.pk, by="w", code="disk_full")
    assert submission.events.count() == 1


@pytest.mark.django_db
def test_next_stage_counts_from_nothing() -> None:
    run = make_submission(state="fetching").run
    Run.objects.filter(pk=run.pk).update(step_done=3, step_total=7, faults=2)
    runs.advance(run=run, by="w", to=SubmissionState.PLANNING, token=run.token)
    run.refresh_from_db()
    assert (run.step_done, run.step_total, run.faults) == (0, 0, 0)


def interrupt(run: Run, code: str) -> Run:
    runs.interrupted(run=run, by="w", code=code, detail="why", log_tail="")
    return Run.objects.select_related("submission").get(pk=run.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("code", [c for c in FailureCode if failure(c).retry is Retry.ESCALATE])
def test_what_more_may_mend_gets_one_attempt_with_more_and_then_fails(code: str) -> None:
    announce(name="w", offers=Offers(memory=16 * 10**9, disk=0), run=None)
    run = running()
    Run.objects.update(needs={"memory": 3 * 10**9})
    run = interrupt(Run.objects.get(pk=run.pk), code)
    assert (run.submission.state, run.escalations, run.faults) == ("running", 1, 0)
    assert run.not_before is not None
    assert Needs.read(run.needs).memory == (6 if code == "out_of_memory" else 3) * 10**9
    run = interrupt(run, code)
    assert (run.submission.state, run.submission.failure_code) == ("failed", code)


@pytest.mark.django_db
def test_workers_that_meet_with_too_little_memory_together_use_up_one_attempt() -> None:
    pk = running().pk
    for attempt in range(2):
        crew = [Run.objects.select_related("submission").get(pk=pk) for _ in range(4)]
        assert {run.submission.state for run in crew} == {"running"}, attempt
        for run in crew:
            interrupt(run, "out_of_memory")
    assert Submission.objects.get(run=pk).failure_code == "out_of_memory"


@pytest.mark.django_db
def test_store_that_is_away_for_all_workers_uses_up_one_attempt_of_each_unit() -> None:
    run = running()
    others = [Unit(run=run, task="t", first=4 * n, count=4, leads=True) for n in (1, 2, 3)]
    Unit.objects.bulk_create(others)
    for attempt in range(MAX_ATTEMPTS):
        assert Submission.objects.get(run=run).state == "running", attempt
        Run.objects.update(not_before=None)
        crew = [claims.claim_of(f"w{number}", run.pk) for number in range(4)]
        for unit in crew:
            assert isinstance(unit, Unit)
            with contextlib.suppress(runs.StaleLeaseError):  # another one has ended the run
                runs.interrupted(
                    run=unit.run, by="w", code="store_unavailable", detail="", log_tail="",
                    claim=unit,
                )  # fmt: skip
            claims.release(unit)
    assert Submission.objects.get(run=run).failure_code == "store_unavailable"


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
