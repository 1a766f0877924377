"""A runner process in its sandbox: how it starts, what a hostile one can do, how it ends."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.material import GEN, MC, make_model, make_tasks
from tests.sandboxes import needs_sandbox
from workers.bundle import write_config
from workers.isolation import SandboxMissingError, isolation
from workers.runner import log as runner_log
from workers.runner import process, sandbox
from workers.runner.process import Runner, RunnerLostError
from workers.runner.protocol import Call, Event

Start = Callable[..., Runner]
_CONFINED = pytest.param("require", marks=needs_sandbox, id="bubblewrap")
_EITHER = pytest.mark.parametrize("mode", [_CONFINED, pytest.param("off", id="none")])


@pytest.fixture
def start(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start runners that run another program: `events` is its pipe to the worker."""
    runners: list[Runner] = []

    def start(program: str, *, mode: str = "require") -> Runner:
        settings.ASSAY_SANDBOX = mode
        opening = "import os, sys; events = int(sys.argv[1])\n"
        monkeypatch.setattr(process, "_PROGRAM", ("-c", opening + program))
        slot = tmp_path / "slot"
        slot.mkdir(exist_ok=True)
        runners.append(Runner(slot, tmp_path / "log.txt"))
        return runners[-1]

    yield start
    for runner in runners:
        runner.close()


def _next(runner: Runner, seconds: float = 60) -> Event:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (event := runner.poll(0.2)) is not None:
            return event
    raise AssertionError("no event came")


def _lost(runner: Runner, seconds: float = 60) -> RunnerLostError:
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            runner.poll(0.2)
    except RunnerLostError as error:
        return error
    raise AssertionError("the runner lives")


@pytest.mark.engine
@_EITHER
def test_a_runner_loads_a_model_and_counts_documents(
    tmp_path: Path, settings: Settings, mode: str
) -> None:
    settings.ASSAY_SANDBOX = mode
    slot = tmp_path / "slot"
    slot.mkdir()
    make_tasks(slot / "task")
    make_model(slot / "model")
    model_args = {"pretrained": "model", "dtype": "float32"}
    write_config(slot, tasks=[MC, GEN], model_args=model_args, chat_template=False)
    runner = Runner(slot, tmp_path / "log.txt")
    try:
        runner.call(Call("load"))
        loaded = _next(runner)
        runner.call(Call("survey"))
        surveyed = _next(runner)
    finally:
        runner.close()
    assert runner.isolation == ("none" if mode == "off" else "bubblewrap")
    assert (loaded.kind, loaded.value["max_length"]) == ("done", 1024)
    assert (loaded.value["cpu_count"], loaded.value["processor"] != "") == (os.cpu_count(), True)
    assert {task: count for task, (count, *_) in surveyed.value.items()} == {MC: 23, GEN: 23}


@needs_sandbox
def test_a_long_call_reaches_who_reads_late(start: Start) -> None:
    runner = start(
        "import time; time.sleep(1); line = sys.stdin.readline()\n"
        """os.write(events, b'{"kind": "progress", "value": %d}\\n' % len(line))"""
    )
    runner.call(Call("score", {"recorded": {"task": ["x" * 1_000_000]}}))
    assert _next(runner).value > 1_000_000


@needs_sandbox
def test_a_call_does_not_wait_for_ever(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_CALL_SECONDS", 0.5)
    runner = start("import time; time.sleep(600)")
    with pytest.raises(RunnerLostError, match=r"^the runner doesn't listen$"):
        runner.call(Call("score", {"recorded": {"task": ["x" * 1_000_000]}}))


@needs_sandbox
@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("os.write(events, b'garbage\\n'); sys.stdin.read()", "no event: JSONDecodeError"),
        ("while True: os.write(events, b'x' * 65536)", "a line without end"),
        (
            """while True: os.write(events, b'{"kind": "progress", "value": 1}\\n' * 100)""",
            "more events than a step has",
        ),
    ],
    ids=["garbage", "endless line", "flood"],
)
def test_a_runner_that_speaks_nonsense_is_killed(start: Start, program: str, reason: str) -> None:
    runner = start(program)
    assert str(_lost(runner)) == f"the runner spoke nonsense: {reason}"
    assert _is_gone(runner.pid)


@needs_sandbox
def test_a_line_that_comes_byte_by_byte_does_not_hold_up_the_worker(start: Start) -> None:
    runner = start("import time\nwhile True: os.write(events, b'x'); time.sleep(0.05)")
    began = time.monotonic()
    assert runner.poll(0.5) is None
    assert time.monotonic() - began < 5


@_EITHER
def test_endless_output_is_cut(start: Start, tmp_path: Path, mode: str) -> None:
    log = tmp_path / "log.txt"
    runner = start(
        "for i in range(400_000): print('line', i, 'x' * 100)\n"
        "print('the end', flush=True)\n"
        """os.write(events, b'{"kind": "done"}\\n'); sys.stdin.read()""",
        mode=mode,
    )
    assert _next(runner).kind == "done"
    runner.poll(0.1)
    assert log.stat().st_size <= runner_log.MOST_BYTES
    assert runner_log.end(log, most=8) == "the end\n"


@needs_sandbox
def test_output_after_the_cut_follows_it(start: Start, tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    runner = start("for line in sys.stdin: print(line * 100, flush=True); os.write(events, "
                   """b'{"kind": "done"}\\n')""")  # fmt: skip
    for text in ("first", "second"):
        runner.call(Call("survey", {"folders": [text]}))
        _next(runner)
        runner_log.shorten(log, most=100, kept=50)
    assert log.stat().st_size < 200
    assert '"second"' in log.read_text()


@needs_sandbox
def test_the_files_limit_holds_for_the_log_too(start: Start, tmp_path: Path) -> None:
    runner = start(
        "from workers.runner.limits import Limits\n"
        "Limits(memory=1 << 30, file_size=1 << 20).apply()\n"
        "while True: os.write(1, b'x' * 65536)"
    )
    assert str(_lost(runner)) == "the runner ended with exit code 1"
    assert (tmp_path / "log.txt").stat().st_size == 1 << 20


@needs_sandbox
def test_a_runner_that_fills_the_disk_is_killed(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_MOST_OUT", 1 << 20)
    monkeypatch.setattr(process, "_WEIGH_SECONDS", 0.0)
    runner = start("open('/slot/out/x', 'wb').write(bytes(2 << 20)); sys.stdin.read()")
    assert str(_lost(runner)) == "the runner wrote more than a run may"


@needs_sandbox
def test_a_library_that_aborts_for_want_of_memory_is_told_from_a_crash(start: Start) -> None:
    said = "sys.stderr.write('memory allocation of 4000000 bytes failed\\n'); "
    crashed, starved = (_lost(start(words + "os.abort()")) for words in ("", said))
    assert str(crashed) == str(starved) == "the runner was ended by SIGABRT"
    assert (crashed.out_of_memory, starved.out_of_memory) == (False, True)


#: Children that do all they can to survive: signals ignored, sessions and parents of their own.
_STUBBORN = """
import signal, time
for number in range(1, 64):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True:
                time.sleep(0.01)
                with open("out/alive", "a") as file: file.write("x")
        os._exit(0)
time.sleep(0.5)
os.write(events, b'{"kind": "done"}\\n')
while True: time.sleep(1)
"""


@needs_sandbox
def test_closing_ends_everything_that_the_runner_started(start: Start, tmp_path: Path) -> None:
    runner = start(_STUBBORN)
    _next(runner)
    inside = _inside(runner.pid)
    assert len(inside) >= 4
    began = time.monotonic()
    runner.close()
    assert time.monotonic() - began < 5
    # At once: the slot is deleted next, and nobody may be writing into it.
    assert [pid for pid in inside if not _is_gone(pid)] == []
    size = (tmp_path / "slot" / "out" / "alive").stat().st_size
    time.sleep(0.1)
    assert (tmp_path / "slot" / "out" / "alive").stat().st_size == size
    runner.close()


@needs_sandbox
def test_killing_what_holds_the_sandbox_ends_everything(start: Start) -> None:
    runner = start(_STUBBORN)
    _next(runner)
    inside = _inside(runner.pid)
    os.kill(runner.pid, signal.SIGKILL)
    assert str(_lost(runner)) == "the runner was ended by SIGKILL"
    _wait_until_gone(inside)


_WORKER = """
import django, sys, time
django.setup()
from pathlib import Path
from workers.runner import process
process._PROGRAM = ("-c", sys.argv[2])
runner = process.Runner(Path(sys.argv[1]), Path(sys.argv[1]).with_name("log.txt"))
while runner.poll(0.2) is None: pass
print(runner.pid, flush=True)
time.sleep(600)
"""


@needs_sandbox
def test_killing_the_worker_ends_everything(tmp_path: Path) -> None:
    slot = tmp_path / "slot"
    slot.mkdir()
    hostile = "import os, sys; events = int(sys.argv[1])\n" + _STUBBORN
    with subprocess.Popen(
        [sys.executable, "-c", _WORKER, str(slot), hostile],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "leaderboard.settings.test",
             "ASSAY_VAR": str(tmp_path / "var"), "ASSAY_SANDBOX": "require"},
        stdout=subprocess.PIPE,
        text=True,
    ) as worker:  # fmt: skip
        assert worker.stdout is not None
        inside = _inside(int(worker.stdout.readline()))
        assert len(inside) >= 4
        worker.kill()
        worker.wait()
    _wait_until_gone(inside)


def _inside(pid: int) -> list[int]:
    """Return a process and all that lie below it, as this host numbers them."""
    namespace = {}
    for path in Path("/proc").glob("[0-9]*/ns/pid"):
        try:
            namespace[int(path.parts[2])] = path.readlink()
        except OSError:
            continue
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    within = {namespace[int(child)] for child in children}
    return [pid, *(other for other, place in namespace.items() if place in within)]


def _is_gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in {"Z", "X"}


def _wait_until_gone(pids: list[int]) -> None:
    end = time.monotonic() + 10
    while left := [pid for pid in pids if not _is_gone(pid)]:
        assert time.monotonic() < end, left
        time.sleep(0.05)


def test_isolation_is_what_the_operator_wants_and_the_host_offers(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for reason in ("", "it is not installed"):
        monkeypatch.setattr(sandbox, "available", lambda reason=reason: reason)
        for mode in ("auto", "off"):
            settings.ASSAY_SANDBOX = mode
            found.append(isolation())
    assert found == ["bubblewrap", "none", "none", "none"]


def test_a_required_sandbox_that_is_missing_stops_the_worker_with_a_reason(
    tmp_path: Path,
) -> None:
    # A machine without bubblewrap: nothing is on the path but what Python needs.
    done = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "leaderboard", "worker", "--pool", "solo"],
        env={"PATH": str(tmp_path), "ASSAY_SANDBOX": "require", "ASSAY_VAR": str(tmp_path / "var"),
             "DJANGO_SETTINGS_MODULE": "leaderboard.settings.test"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert (
        done.stderr.strip()
        .splitlines()[-1]
        .startswith("ASSAY_SANDBOX is require, but the command bwrap is not installed.")
    )


def test_the_sandbox_says_why_it_does_not_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "bwrap"
    refusal = "bwrap: No permissions to create new namespace"
    broken.write_text(f"#!/bin/sh\necho '{refusal}' >&2; exit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(broken))
    sandbox.available.cache_clear()
    try:
        said = sandbox.available()
    finally:
        sandbox.available.cache_clear()
    assert said == f"bubblewrap can't be used here: {refusal}"


def test_a_missing_sandbox_is_an_error_for_a_runner_too(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ASSAY_SANDBOX = "require"
    monkeypatch.setattr(sandbox, "available", lambda: "it is not installed")
    with pytest.raises(SandboxMissingError, match="but it is not installed"):
        Runner(tmp_path, tmp_path / "log.txt")
