"""How a worker ends a run without having begun it, or while a stage is at work; without runners."""

from collections.abc import Generator
from typing import Any

import pytest
from pytest_django import Settings

from evaluations.models import Run, Submission
from tests.factories import make_run, make_submission, make_unit
from workers import worker as module
from workers.worker import Worker
from workers.workplace import Progress

pytestmark = pytest.mark.django_db
_HOUR = 3600.0


@pytest.fixture
def worker(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Generator[Worker, None, None]:
    """Return a worker whose stages never end by themselves."""
    settings.ASSAY_HEARTBEAT_SECONDS = 0

    def endless(*_: Any) -> Generator[Progress, None, None]:
        while True:
            yield Progress(0, 0)

    monkeypatch.setattr(module.Worker, "_stage", endless)
    worker = Worker()
    yield worker
    worker.close()


def running(**fields: Any) -> Run:
    run = make_run(make_submission(state="running", run=False), **fields)
    make_unit(run, leads=True)
    return run


def now(run: Run) -> tuple[str, str, int]:
    found = Submission.objects.select_related("run").get(run=run)
    return found.state, found.failure_code, found.run.escalations


def test_time_limit_is_doubled_once_and_then_ends_the_run(
    worker: Worker, settings: Settings
) -> None:
    settings.ASSAY_TIME_LIMIT_HOURS = 1
    run = running(busy_seconds=0.9 * _HOUR)
    worker.work(seconds=0.2)
    assert (worker.is_busy, now(run)) == (True, ("running", "", 0))
    for spent, expected in (
        (1.1, ("running", "", 1)),
        (1.9, ("running", "", 1)),
        (2.1, ("failed", "time_limit", 2)),
    ):
        Run.objects.update(busy_seconds=spent * _HOUR, not_before=None)
        worker.work(seconds=0.2)
        assert now(run) == expected, spent


def test_run_that_took_three_workers_with_it_is_given_up(worker: Worker) -> None:
    run = running(log_tail="the last words")
    run.units.update(faults=3)
    worker.work(seconds=0.2)
    run.refresh_from_db()
    assert now(run) == ("failed", "lease_lost", 0)
    assert (
        run.submission.failure_detail == "3 workers vanished while they held assay_patterns[0:100]."
    )
    assert run.log_tail == "the last words"
    assert not worker.is_busy
