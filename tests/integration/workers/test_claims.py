"""Leases and tokens: whoever lost a claim changes nothing, and nobody waits for ever."""

import random
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from evaluations.enums import SubmissionState, UnitState
from evaluations.models import Run, Submission, Unit
from evaluations.services import runs
from tests.factories import make_run, make_submission, make_unit
from workers import claims

pytestmark = pytest.mark.django_db


def running(units: int = 1) -> Run:
    run = make_run(make_submission(state="running", run=False))
    for number in range(units):
        make_unit(run, first=100 * number)
    return run


def held_run(worker: str) -> Run:
    run = claims.claim_run(worker)
    assert run is not None
    return run


def held_unit(worker: str) -> Unit:
    unit = claims.claim_unit(worker)
    assert unit is not None
    return unit


def expire(row: Run | Unit) -> None:
    type(row).objects.filter(pk=row.pk).update(lease_until=Now() - timedelta(seconds=1))


def test_oldest_waiting_run_is_claimed_and_no_other_worker_gets_it() -> None:
    first = make_submission()
    second = make_submission()
    claimed = held_run("ana")
    assert (claimed.submission, claimed.worker, claimed.token) == (first, "ana", 1)
    assert held_run("ben").submission == second
    assert claims.claim_run("cat") is None


@pytest.mark.parametrize("state", ["published", "failed", "cancelled"])
def test_ended_run_is_never_claimed(state: str) -> None:
    make_submission(state=state)
    assert claims.claim_run("ana") is None


def test_work_on_the_loaded_model_comes_first() -> None:
    older, loaded = running(), running()
    first, second = claims.claim("ana", loaded.pk), claims.claim("ana", loaded.pk)
    assert isinstance(first, Unit)
    assert isinstance(second, Unit)
    assert [first.run, second.run] == [loaded, older]
    assert claims.claim("ana", loaded.pk) is None
    Submission.objects.update(state="scoring")
    assert claims.claim("ana", loaded.pk) == loaded


def test_expired_lease_is_taken_over_and_its_holder_fenced_off() -> None:
    running()
    lost = held_unit("slow")
    assert claims.claim_unit("fast") is None
    expire(lost)
    taken = held_unit("fast")
    assert (taken.pk, taken.token) == (lost.pk, 2)
    assert not claims.renew(lost, answered=7)
    with pytest.raises(runs.StaleLeaseError):
        claims.finish(lost, answers_sha256="a" * 64)
    claims.release(lost)
    claims.finish(taken, answers_sha256="b" * 64)
    assert Unit.objects.get().answers_sha256 == "b" * 64


def test_run_taken_over_obeys_its_new_holder_alone() -> None:
    make_submission()
    lost = held_run("slow")
    expire(lost)
    taken = held_run("fast")
    with pytest.raises(runs.StaleLeaseError):
        runs.advance(run=lost, by="slow", to=SubmissionState.FETCHING, token=lost.token)
    runs.advance(run=taken, by="fast", to=SubmissionState.FETCHING, token=taken.token)
    assert [event.actor for event in taken.submission.events.all()][1:] == ["fast"]


def test_takeovers_count_as_faults_until_there_is_progress() -> None:
    running(2)
    for _ in range(2):
        expire(held_unit("vanishing"))
    taken = held_unit("steady")
    assert taken.run.faults == 2
    claims.finish(taken, answers_sha256="a" * 64)
    assert Run.objects.get().faults == 0


def test_fault_waits_before_the_next_attempt_and_the_third_is_the_last() -> None:
    submission = make_submission()
    for attempt in (1, 2):
        run = held_run("ana")
        claims.release(run)
        runs.interrupted(run=run, by="ana", code="disk_full", detail="full", log_tail="x")
        assert claims.claim_run("ben") is None, f"attempt {attempt} did not wait"
        Run.objects.update(not_before=None)
    run = held_run("ana")
    runs.interrupted(run=run, by="ana", code="disk_full", detail="full", log_tail="l\n" * 99)
    submission.refresh_from_db()
    assert (submission.state, submission.failure_code) == ("failed", "disk_full")
    assert len(Run.objects.get().log_tail.splitlines()) == 50


def test_last_unit_moves_the_run_on_once() -> None:
    run = running(2)
    for name in ("ana", "ben"):
        claims.complete_runs(name)
        assert Submission.objects.get().state == SubmissionState.RUNNING
        claims.finish(held_unit(name), answers_sha256="a" * 64)
    claims.complete_runs("ana")
    claims.complete_runs("ben")
    assert Submission.objects.get().state == SubmissionState.SCORING
    assert run.submission.events.filter(state="scoring").count() == 1


def test_cancelled_run_stops_its_workers() -> None:
    run = running()
    unit = held_unit("ana")
    assert runs.cancel(submission=run.submission, by="ana")
    assert not claims.renew(unit)
    assert claims.claim_unit("ben") is None
    assert not runs.cancel(submission=run.submission, by="ana")


def test_state_never_skips_and_never_goes_back() -> None:
    submission = make_submission()
    run = held_run("ana")
    for wrong in (SubmissionState.RUNNING, SubmissionState.PUBLISHED, SubmissionState.QUEUED):
        with pytest.raises(runs.StaleLeaseError):
            runs.advance(run=run, by="ana", to=wrong, token=run.token)
    submission.refresh_from_db()
    assert submission.state == SubmissionState.QUEUED
    assert submission.events.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("claim", [claims.claim_unit, claims.claim_run])
def test_claim_that_is_being_made_holds_up_nobody(
    claim: Callable[[str], Run | Unit | None],
) -> None:
    """SKIP LOCKED; on SQLite, one transaction that writes excludes all others."""
    if claim is claims.claim_unit:
        running(2)
    else:
        make_submission()
        make_submission()
    claimed: list[Run | Unit | None] = []
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            claimed.append(claim("slow"))
            held.set()
            done.wait(30)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert held.wait(30)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        claimed.append(claim("fast"))
        assert claim("third") is None
    finally:
        done.set()
        thread.join(30)
        connection.close()
    assert len({row.pk for row in claimed if row}) == 2


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_finish_every_unit_exactly_once() -> None:
    """Threads race for 40 units, now and then letting a lease end; the laws hold throughout."""
    running(40)
    finished: list[int] = []

    def work(seed: int) -> None:
        chance = random.Random(seed)
        try:
            while unit := claims.claim_unit(f"w{seed}"):
                if chance.random() < 0.2:
                    expire(unit)
                    continue
                try:
                    claims.finish(unit, answers_sha256=f"{seed}")
                except runs.StaleLeaseError:
                    continue
                finished.append(unit.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    while unit := claims.claim_unit("last"):
        claims.finish(unit, answers_sha256="last")
        finished.append(unit.pk)
    assert sorted(finished) == sorted(Unit.objects.values_list("pk", flat=True))
    assert set(Unit.objects.values_list("state", flat=True)) == {UnitState.FINISHED}
