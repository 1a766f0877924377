"""A workplace's watchdog and walls, with small programs in place of the runner."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from evaluations.errors import AssayError
from evaluations.models import Run
from tests.factories import make_submission
from tests.sandboxes import needs_sandbox
from workers import workplace
from workers.runner import process
from workers.runner.process import RunnerLostError
from workers.workplace import Workplace

pytestmark = pytest.mark.django_db
#: Answers every call after `pause` seconds, in which it says that it lives, or nothing.
_PROGRAM = """
import json, os, sys, time
events = int(sys.argv[1])
def say(**event): os.write(events, json.dumps(event).encode() + b"\\n")
for line in sys.stdin:
    call = json.loads(line)
    if call["name"] == "load":
        for _ in range(5):
            time.sleep(0.7)
            {pause}
    say(kind="done", value={value})
"""
Place = Callable[..., Workplace]


@pytest.fixture
def place(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    settings.VAR = tmp_path
    made: list[Workplace] = []

    def place(*, pause: str = "pass", value: str = "None", mode: str = "off") -> Workplace:
        settings.ASSAY_SANDBOX = mode
        program = _PROGRAM.format(pause=pause, value=value)
        monkeypatch.setattr(process, "_PROGRAM", ("-c", program))
        made.append(Workplace(tmp_path / "work" / "w" / str(len(made))))
        return made[-1]

    yield place
    for workplace_ in made:
        workplace_.close()


def enter(place: Workplace, *, patience: float) -> Run:
    run = make_submission().run
    for _ in place.enter(run, memory=10**12, patience=patience):
        pass
    return run


def test_silent_step_is_stalled_and_a_slow_one_that_gives_signs_is_not(place: Place) -> None:
    slow = place(pause='say(kind="alive")')
    enter(slow, patience=0.5)
    list(slow.do("load"))
    silent = place()
    enter(silent, patience=0.5)
    with pytest.raises(
        AssayError, match=r"No sign of life for \d+ s in the step 'load'"
    ) as stalled:
        list(silent.do("load"))
    assert stalled.value.code == "stalled"


def test_stopped_runner_is_stalled_and_leaves_no_process(place: Place) -> None:
    stopped = place(pause='say(kind="alive")')
    enter(stopped, patience=0.5)
    step = stopped.do("load")
    next(step)
    os.kill(stopped._runner.pid, signal.SIGSTOP)
    with pytest.raises(AssayError) as stalled:
        list(step)
    assert stalled.value.code == "stalled"
    stopped.close()
    assert not Path(f"/proc/{stopped._runner.pid}").exists()
    assert not stopped.slot.root.exists()


def test_runner_that_takes_long_to_begin_is_the_hosts_fault(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = place()
    os.kill(late._runner.pid, signal.SIGSTOP)
    began = time.monotonic()
    entering = late.enter(make_submission().run, memory=10**12, patience=0.1)
    while time.monotonic() - began < 1.5:
        next(entering)
    monkeypatch.setattr(workplace, "_BEGIN_SECONDS", 1.0)
    with pytest.raises(RunnerLostError, match="did not begin"):
        list(entering)


def test_workplace_serves_one_run_under_the_limits_that_it_was_entered_with(place: Place) -> None:
    spare = place()
    other = make_submission().run
    assert spare.serves(other)
    run = enter(spare, patience=0.5)
    assert (spare.serves(run), spare.serves(other)) == (True, False)
    # Another worker met with a limit meanwhile, and it was doubled.
    run.escalations = 1
    assert not spare.serves(run)


#: All but the installation, which is large.
_LOOK = (
    '[os.path.join(at, name) for at, folders, names in os.walk("/") for name in names '
    'if name.startswith("weights-of-") or folders.__setitem__(slice(None), '
    '[f for f in folders if f not in {"usr", "lib", "proc", "sys"}])]'
)


@needs_sandbox
def test_spare_sees_nothing_of_another_models_slot(place: Place) -> None:
    theirs, spare = place(value=_LOOK, mode="require"), place(value=_LOOK, mode="require")
    for made, name in ((theirs, "a"), (spare, "b")):
        (made.slot.root / "model").mkdir()
        (made.slot.root / "model" / f"weights-of-{name}").touch()
    seen = [_value(made) for made in (theirs, spare)]
    assert seen == [["/slot/model/weights-of-a"], ["/slot/model/weights-of-b"]]


def _value(place: Workplace) -> object:
    step = place.do("survey")
    while True:
        try:
            next(step)
        except StopIteration as end:
            return end.value
