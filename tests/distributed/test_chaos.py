"""Whatever is killed, stopped, emptied or filled: the results are those of an undisturbed site.

A short campaign; `make chaos` runs a long one. CHAOS_FAULTS says how long, CHAOS_SEED repeats it.
"""

import os
import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.distributed.chaos import FAULTS, Storm, campaign, order
from tests.distributed.copies import Prepared, until
from tests.distributed.ledger import STAGES, Outcome, doubled
from tests.distributed.processes import Fleet, disk
from tests.servers import postgres_server, redis_server

pytestmark = [
    pytest.mark.engine,
    pytest.mark.distributed,
    pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and namespaces of Linux"),
]
SEED = int(os.environ.get("CHAOS_SEED") or random.randrange(1 << 32))
SHORT = len(FAULTS)
COUNT = int(os.environ.get("CHAOS_FAULTS") or SHORT)
IS_LONG = COUNT > SHORT
WORKERS = 3
BOARDS = [f"wave-{number}" for number in range(1, COUNT + 1)]


@pytest.fixture
def prepared(tmp_path: Path) -> Iterator[Prepared]:
    with ExitStack() as held:
        yield Prepared(
            tmp_path,
            database=held.enter_context(postgres_server()),
            broker=held.enter_context(redis_server()),
            models=3 if IS_LONG else 2,
            boards=BOARDS,
            documents=128,
            tokens=24,
        )


def test_faults_change_nothing_but_the_time_it_takes(prepared: Prepared, tmp_path: Path) -> None:
    calm = prepared.copy("calm")
    fleet = Fleet(calm.site.var, calm.site.environment, (), workers=1)
    expected = {each.model: each for each in calm.outcomes(fleet, BOARDS[0], seconds=300)}
    assert not [
        key for each in expected.values() for task in each.answers.values() for key in doubled(task)
    ]

    store = tmp_path / "disturbed" / "artifacts"
    store.mkdir(parents=True)
    with disk(store) as own:
        copy = prepared.copy("disturbed", own)
        copy.ledger.watch()
        fleet = Fleet(copy.site.var, copy.site.environment, own.enter if own else (), WORKERS)
        chance, away = random.Random(SEED), 60 if IS_LONG else 8
        storm = Storm(
            copy, fleet, prepared.database, prepared.broker, own, away, chance, iter(BOARDS)
        )
        kinds = [name for name in FAULTS if own or name != "fill_disk"]
        storm.say(f"CHAOS_SEED={SEED} CHAOS_FAULTS={COUNT}")
        with running(fleet):
            campaign(storm, order(chance, COUNT, kinds))
        until(lambda: not fleet.left(), 10)
        assert copy.ledger.trespasses() == []
        outcomes = list(copy.ledger.outcomes())
    assert outcomes
    for outcome in outcomes:
        assert_same(outcome, expected[outcome.model])
    if own is None:
        pytest.skip("all faults but a full disk: this system lets ordinary users mount nothing")


def assert_same(outcome: Outcome, expected: Outcome) -> None:
    assert (outcome.state, outcome.failure_code) == ("published", "")
    assert outcome.events == [state for state in STAGES if state in outcome.events]
    assert outcome.plan_sha256 == expected.plan_sha256
    # Not the bytes themselves, of which a failure would print a thousand lines.
    assert differing(outcome.answers, expected.answers) == set()
    assert differing(outcome.results, expected.results) == set()


def differing(ours: dict[str, bytes], theirs: dict[str, bytes]) -> set[str]:
    return {name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)}


@contextmanager
def running(fleet: Fleet) -> Iterator[None]:
    try:
        for name in fleet.names:
            fleet.start(name)
        yield
    finally:
        fleet.stop()
