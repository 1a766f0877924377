"""Leases and tokens: whoever lost a claim changes nothing, and nobody waits for ever."""

import random
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from evaluations.enums import SubmissionState, UnitState
from evaluations.models import Run, Submission, Unit
from evaluations.needs import Offers
from evaluations.services import runs
from evaluations.services.workers import announce
from tests.factories import make_board, make_run, make_submission, make_unit, make_user
from workers import claims

pytestmark = pytest.mark.django_db
ROOMY = Offers(memory=10**12, disk=10**15)


def running(units: int = 1) -> Run:
    run = make_run(make_submission(state="running", run=False), fanned_out=True)
    for number in range(units):
        make_unit(run, first=100 * number)
    return run


def claim(worker: str) -> Run | Unit | None:
    return claims.claim(worker, ROOMY)


def held_run(worker: str) -> Run:
    run = claim(worker)
    assert isinstance(run, Run)
    return run


def held_unit(worker: str) -> Unit:
    unit = claim(worker)
    assert isinstance(unit, Unit)
    return unit


def expire(*rows: Run | Unit) -> None:
    """Let leases end together, which were made a while ago."""
    Run.objects.filter(not_before__isnull=False).update(not_before=Now() - timedelta(minutes=2))
    for row in rows:
        type(row).objects.filter(pk=row.pk).update(lease_until=Now() - timedelta(seconds=1))


def test_oldest_waiting_run_is_claimed_and_no_other_worker_gets_it() -> None:
    first = make_submission()
    second = make_submission()
    claimed = held_run("ana")
    assert (claimed.submission, claimed.worker, claimed.token) == (first, "ana", 1)
    assert held_run("ben").submission == second
    assert claim("cat") is None


@pytest.mark.parametrize("state", ["published", "failed", "cancelled"])
def test_ended_run_is_never_claimed(state: str) -> None:
    make_submission(state=state)
    assert claim("ana") is None


def test_work_on_the_loaded_model_comes_first() -> None:
    older, loaded = running(), running()
    first, second = (
        claims.claim("ana", ROOMY, loaded=loaded.pk),
        claims.claim("ana", ROOMY, loaded=loaded.pk),
    )
    assert isinstance(first, Unit)
    assert isinstance(second, Unit)
    assert [first.run, second.run] == [loaded, older]
    assert claims.claim("ana", ROOMY, loaded=loaded.pk) is None
    Submission.objects.update(state="scoring")
    assert claims.claim("ana", ROOMY, loaded=loaded.pk) == loaded


def test_expired_lease_is_taken_over_and_its_holder_fenced_off() -> None:
    running()
    lost = held_unit("slow")
    assert claim("fast") is None
    expire(lost)
    taken = held_unit("fast")
    assert (taken.pk, taken.token) == (lost.pk, 2)
    assert not claims.renew(lost, done=7)
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
    events = taken.submission.events.values_list("actor", "state", "note")[1:]
    assert list(events) == [("fast", "queued", "lease_lost"), ("fast", "fetching", "")]


def test_takeovers_count_as_faults_of_what_was_held() -> None:
    running()
    for _ in range(2):
        expire(held_unit("vanishing"))
    taken = held_unit("steady")
    assert taken.faults == 2


def test_one_outage_counts_once_for_each_unit_at_work_and_never_adds_up() -> None:
    running(3)
    for unit in [held_unit(f"w{number}") for number in range(3)]:
        expire(unit)
    assert [held_unit(f"v{number}").faults for number in range(3)] == [1, 1, 1]


def test_stage_that_succeeds_forgets_the_faults_before_it() -> None:
    make_submission()
    expire(held_run("vanishing"))
    run = held_run("steady")
    assert run.faults == 1
    runs.advance(run=run, by="steady", to=SubmissionState.FETCHING, token=run.token)
    run.refresh_from_db()
    assert run.faults == 0


def test_workers_that_vanish_together_are_one_fault() -> None:
    """A host's power fails: its workers' leases end together, and all are taken over."""
    running(3)
    expire(*[held_unit(f"lost {number}") for number in range(3)])
    taken = [held_unit(f"next {number}") for number in range(3)]
    assert [unit.token for unit in taken] == [2, 2, 2]
    assert Run.objects.get().faults == 1
    expire(taken[0])
    held_unit("third")
    assert Run.objects.get().faults == 2


def test_only_the_leading_unit_can_be_claimed_before_it_is_finished() -> None:
    run = make_run(make_submission(state="running", run=False))
    leading = make_unit(run, first=100, leads=True)
    others = [make_unit(run, first=first) for first in (0, 200)]
    held = held_unit("ana")
    assert held == leading
    assert claim("ben") is None
    expire(held)
    held = held_unit("ben")
    assert held == leading
    assert claim("ana") is None
    claims.finish(held, answers_sha256="a" * 64)
    assert [claim("ana"), claim("ben"), claim("cat")] == [*others, None]


@pytest.mark.parametrize(
    "needs",
    [
        {"memory": 9 * 10**9},
        {"disk": 9 * 10**9},
        {"tags": ["gpu"]},
        # A part was answered with other versions of the libraries.
        {"tags": ["engine:0123456789abcdef"]},
    ],
    ids=["memory", "disk", "tag", "engine"],
)
def test_run_that_needs_another_worker_is_left_to_it_and_holds_up_nobody(
    needs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "_CANDIDATES", 2)
    demanding = [make_submission(run=False) for _ in range(5)]
    for submission in demanding:
        make_run(submission, needs=needs)
    modest = make_submission()
    small = Offers(memory=8 * 10**9, disk=8 * 10**9, tags=frozenset({"engine:fedcba9876543210"}))
    run = claims.claim("small", small)
    assert isinstance(run, Run)
    assert run.submission == modest
    assert claims.claim("small", small) is None
    tags = frozenset(needs.get("tags", ()))
    large = claims.claim("large", Offers(memory=10**10, disk=10**10, tags=tags))
    assert isinstance(large, Run)
    assert large.submission == demanding[0]


def test_run_that_ran_out_of_memory_goes_to_a_larger_worker() -> None:
    make_run(make_submission(run=False), needs={"memory": 3 * 10**9})
    small, large = (Offers(memory=size * 10**9, disk=0) for size in (4, 16))
    for name, has in (("small", small), ("large", large)):
        announce(name=name, offers=has, run=None)
    run = claims.claim("small", small)
    assert isinstance(run, Run)
    runs.interrupted(run=run, by="small", code="out_of_memory", detail="", log_tail="", claim=run)
    claims.release(run)
    Run.objects.update(not_before=None)
    assert claims.claim("small", small) is None
    assert claims.claim("large", large) == run


def test_board_of_higher_priority_comes_first() -> None:
    make_submission()
    urgent = make_submission(board=make_board(priority=1))
    assert held_run("w").submission == urgent


def test_twenty_submissions_of_one_do_not_hold_up_the_one_of_another() -> None:
    ana, ben = make_user("ana"), make_user("ben")
    board = make_board()
    for _ in range(20):
        make_submission(by=ana, board=board)
    his = make_submission(by=ben, board=board)
    first = held_run("w")
    assert first.submission.by == ana
    runs.spend(run=first, seconds=1.0, joules=None, log_tail="")
    assert held_run("w").submission == his


def test_fault_waits_before_the_next_attempt_and_the_third_is_the_last() -> None:
    submission = make_submission()
    for attempt in (1, 2):
        run = held_run("ana")
        claims.release(run)
        runs.interrupted(run=run, by="ana", code="disk_full", detail="full", log_tail="x")
        assert claim("ben") is None, f"attempt {attempt} did not wait"
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
    assert claim("ben") is None
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
@pytest.mark.parametrize("kind", [Unit, Run])
def test_claim_that_is_being_made_holds_up_nobody(kind: type[Run | Unit]) -> None:
    """SKIP LOCKED; on SQLite, one transaction that writes excludes all others."""
    if kind is Unit:
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
            while unit := claim(f"w{seed}"):
                assert isinstance(unit, Unit)
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
    while unit := claim("last"):
        assert isinstance(unit, Unit)
        claims.finish(unit, answers_sha256="last")
        finished.append(unit.pk)
    assert sorted(finished) == sorted(Unit.objects.values_list("pk", flat=True))
    assert set(Unit.objects.values_list("state", flat=True)) == {UnitState.FINISHED}
