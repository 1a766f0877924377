"""How a run is cut into units, and how many workers share them, changes nothing.

`tests/integration/test_reproduction.py` holds single units against stock lm-eval; here real workers
claim them from one queue.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.distributed.copies import Copy, Prepared
from tests.distributed.ledger import Outcome
from tests.distributed.processes import Fleet
from tests.servers import postgres_server, redis_server

pytestmark = [pytest.mark.engine, pytest.mark.distributed]
BOARD, DOCUMENTS = "board", 60


@pytest.fixture
def prepared(tmp_path: Path) -> Iterator[Prepared]:
    with ExitStack() as held:
        yield Prepared(
            tmp_path,
            database=held.enter_context(postgres_server()),
            broker=held.enter_context(redis_server()),
            models=1,
            boards=[BOARD],
            documents=DOCUMENTS,
            tokens=24,
        )


def test_units_of_any_size_shared_by_any_number_of_workers_give_the_same_bytes(
    prepared: Prepared,
) -> None:
    alone = evaluated(prepared.copy("alone"), cut=DOCUMENTS, workers=1)
    two = evaluated(prepared.copy("two"), cut=7, workers=2)
    five = evaluated(prepared.copy("five"), cut=2, workers=5)
    for other in (two, five):
        assert other.plan_sha256 == alone.plan_sha256
        assert other.answers == alone.answers
        assert other.results == alone.results


def evaluated(copy: Copy, *, cut: int, workers: int) -> Outcome:
    """Evaluate the model, and see that its units are of this size and all workers had some."""
    copy.ledger.cut_units(cut)
    fleet = Fleet(copy.site.var, copy.site.environment, (), workers)
    [outcome] = copy.outcomes(fleet, BOARD, seconds=240)
    assert (outcome.state, outcome.failure_code) == ("published", "")
    units = copy.ledger.rows("SELECT worker, count FROM evaluations_unit")
    assert max(unit["count"] for unit in units) <= cut
    assert len({unit["worker"] for unit in units}) == workers
    return outcome
