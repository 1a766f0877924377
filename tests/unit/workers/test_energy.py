"""The meter: it counts this process's work, alone, and it never costs a run."""

import logging
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from workers import energy

_WORK = """
import time
input()
end = time.process_time() + 1
while time.process_time() < end: pass
print("done", flush=True)
input()
"""


def _child() -> Any:
    return subprocess.Popen(
        [sys.executable, "-c", _WORK],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )


@pytest.fixture
def meter(settings: Settings) -> energy.Meter:
    settings.ASSAY_ENERGY = "auto"
    return energy.Meter()


def test_a_childs_work_counts_and_its_idling_hardly_does(
    meter: energy.Meter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CODECARBON_FORCE_CPU_POWER", "100")
    monkeypatch.setenv("CODECARBON_SAVE_TO_API", "true")
    meter.prepare()
    threads = threading.active_count()
    with _child() as child:
        meter.start()
        time.sleep(0.2)
        idle = meter.lap()
        child.stdin.write("work\n")
        assert child.stdout.readline() == "done\n"
        busy = meter.lap()
        assert threading.active_count() <= threads
        meter.stop()
        child.stdin.write("end\n")
    assert idle is not None
    assert busy is not None
    assert busy > 10 * idle
    assert meter.method
    assert meter.lap() is None
    assert list(tmp_path.iterdir()) == []


def test_of_what_the_machine_took_a_worker_counts_its_share(
    meter: energy.Meter, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = _Tracker(joules=[100.0, 300.0])
    monkeypatch.setattr(energy, "_tracker", lambda: tracker)
    monkeypatch.setattr(energy, "_processor", lambda _: _Rapl())
    own = iter([{1: 5.0}, {1: 6.0, 2: 1.0}, {2: 1.0}])
    busy = iter([50.0, 58.0, 60.0])
    monkeypatch.setattr(energy, "_own_seconds", lambda: next(own))
    monkeypatch.setattr(energy, "_all_seconds", lambda: next(busy))
    meter.start()
    assert [meter.lap(), meter.lap()] == pytest.approx([25.0, 0.0])
    assert meter.method == "measured by intel_rapl, by share of processor time"


class _Rapl:
    _mode = "intel_rapl"


class _Timer:
    def stop(self) -> None:
        pass


class _Tracker:
    def __init__(self, joules: list[float]) -> None:
        self._output_handlers, self._left = [energy._Reading()], joules

    def start(self) -> None:
        self._scheduler = self._scheduler_monitor_power = _Timer()

    def flush(self) -> None:
        self._output_handlers[0].joules = self._left.pop(0)


def test_a_library_that_fails_is_reported_once_and_costs_nothing(
    meter: energy.Meter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Any:
        raise RuntimeError("no such sensor")

    monkeypatch.setattr(energy, "_tracker", broken)
    with caplog.at_level(logging.WARNING):
        meter.start()
        meter.start()
    assert (meter.lap(), meter.method) == (None, "")
    assert [record.getMessage() for record in caplog.records] == [
        "energy is not counted: codecarbon failed"
    ]


def test_switched_off_it_loads_nothing(settings: Settings) -> None:
    settings.ASSAY_ENERGY = "off"
    meter = energy.Meter()
    meter.prepare()
    meter.start()
    assert (meter.lap(), meter.method) == (None, "")


def test_the_celery_process_starts_without_codecarbon() -> None:
    program = "import sys, leaderboard.wsgi, workers.tasks; print('codecarbon' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "False\n"
