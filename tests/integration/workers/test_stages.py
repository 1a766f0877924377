"""A unit's stage with a scripted runner: what is recorded, and where a successor begins."""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from evaluations import store
from evaluations.enums import UnitState
from evaluations.models import Unit
from evaluations.services.runs import StaleLeaseError
from tests.factories import make_run, make_submission, make_unit
from workers import claims, stages
from workers.slot import Slot
from workers.workplace import Progress, Workplace

pytestmark = pytest.mark.django_db
COUNT, FIRST = 10, 30


class Place(Workplace):
    """A workplace whose runner answers `step` documents at a time, and half of the next one."""

    def __init__(self, root: Path, *, step: int = 2) -> None:
        self.slot = Slot(root)
        self.step = step
        self.asked: list[tuple[int, int]] = []

    def do(self, name: Any, *, total: int = 0, **args: Any) -> Generator[Progress, None, Any]:
        first, count = args["first"], args["count"]
        self.asked.append((first, count))
        path = self.slot.root / "out" / "answers" / args["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        yield Progress(0, 0)
        for step in range(self.step, count + self.step, self.step):
            done = min(step, count)
            begun = b'{"doc_id": ' if done < count else b""
            path.write_bytes(answers(first, done) + begun)
            yield Progress(done, 0)


def answers(first: int, count: int) -> bytes:
    lines = [{"doc_id": n, "idx": idx} for n in range(first, first + count) for idx in (0, 1)]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


@pytest.fixture
def unit(settings: Settings) -> Unit:
    settings.ASSAY_RECORD_SECONDS = 0
    run = make_run(
        make_submission(state="running", run=False), plan={"tasks": {"t": {"repeats": 1}}}
    )
    make_unit(run, "t", first=FIRST, count=COUNT, leads=True)
    return claimed("first")


def claimed(worker: str) -> Unit:
    run = Unit.objects.get().run_id
    unit = claims.claim_of(worker, run)
    assert isinstance(unit, Unit)
    return unit


@pytest.mark.parametrize("done", [0, 2, 6, COUNT])
def test_successor_goes_on_after_what_was_recorded(unit: Unit, tmp_path: Path, done: int) -> None:
    stage = stages.answer(unit, Place(tmp_path / "a"), "first")
    while next(stage).done < done:
        pass
    # The worker is gone, and its lease ends.
    stage.close()
    claims.release(unit)
    successor = claimed("second")
    assert (successor.recorded, successor.answered) == (done, done)
    place = Place(tmp_path / "b")
    assert [progress.done for progress in stages.answer(successor, place, "second")][-1] <= COUNT
    assert place.asked == [(FIRST + done, COUNT - done)]
    assert (f"goes on after {done} documents" in place.slot.log_tail()) is bool(done)
    successor.refresh_from_db()
    assert successor.state == UnitState.FINISHED
    assert store.get_bytes(successor.answers_sha256) == answers(FIRST, COUNT)


def test_store_that_is_away_while_recording_does_not_stop_the_unit(
    unit: Unit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = stages.answer(unit, Place(tmp_path / "a"), "first")

    def away(_data: bytes) -> str:
        raise store.StoreUnavailableError("away")

    with monkeypatch.context() as broken:
        broken.setattr(store, "put_bytes", away)
        while next(stage).done < 6:
            pass
    unit.refresh_from_db()
    assert unit.recorded == 0
    for _ in stage:
        pass
    unit.refresh_from_db()
    assert (unit.state, unit.recorded) == (UnitState.FINISHED, COUNT)
    assert store.get_bytes(unit.answers_sha256) == answers(FIRST, COUNT)


def test_worker_that_lost_its_unit_records_nothing_more(unit: Unit, tmp_path: Path) -> None:
    stage = stages.answer(unit, Place(tmp_path / "a"), "first")
    while next(stage).done < 2:
        pass
    claims.release(unit)
    taken = claimed("second")
    with pytest.raises(StaleLeaseError):
        list(stage)
    taken.refresh_from_db()
    assert (taken.worker, taken.recorded, taken.state) == ("second", 2, UnitState.CLAIMED)
