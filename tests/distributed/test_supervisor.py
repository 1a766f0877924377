"""`manage.py serve` with real processes: started, watched, and all gone afterwards."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from leaderboard import supervisor
from leaderboard.supervisor import Program, ServeError, Supervisor
from tests.distributed.processes import descendants
from tests.servers import ROOT, Site, free_port

pytestmark = [
    pytest.mark.distributed,
    pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and PR_SET_PDEATHSIG of Linux"),
]

#: A stand-in for a worker with a runner: its own child is in a session of its own and ends with it.
_WITH_GRANDCHILD = """
import pathlib, sys, time
from leaderboard import supervisor
folder = pathlib.Path(sys.argv[1])
child = supervisor.launch(["sleep", "600"], log=folder / "log")
(folder / "log.pid").write_text(f"{child.pid} ")
time.sleep(600)
"""


#: A shell starts background jobs with Ctrl-C ignored.
_IN_BACKGROUND = ("sh", "-c", """trap '' INT; exec "$@" """, "sh")


class Serving:
    """`manage.py serve` in a process of its own, on a site's state."""

    def __init__(self, site: Site, port: int) -> None:
        self.url, self.output = f"http://127.0.0.1:{port}/healthz", site.var / "output"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*_IN_BACKGROUND, sys.executable, "manage.py", "serve", "--port", str(port)],
                cwd=ROOT,
                env=site.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def until_up(self) -> list[int]:
        """Wait for the web server, the worker and the scheduler; return everybody's id."""
        _until(lambda: self.process.poll() is not None or self._answers())
        assert self.process.poll() is None, self.output.read_text()
        _until(lambda: "ready." in self.log("worker-1") and "Starting" in self.log("beat"))
        pids = descendants(self.process.pid)
        assert len(pids) > 4  # gunicorn has a process of its own, and the worker a spare runner
        return [self.process.pid, *pids]

    def log(self, name: str) -> str:
        path = self.output.parent / "logs" / f"{name}.log"
        return path.read_text() if path.exists() else ""

    def _answers(self) -> bool:
        try:
            return httpx.get(self.url, timeout=10).is_success
        except httpx.TransportError:
            return False


@contextmanager
def _serving(site: Site) -> Iterator[Serving]:
    serving = Serving(site, free_port())
    try:
        yield serving
    finally:
        serving.process.kill()
        serving.process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_answers_and_leaves_nothing_when_asked_to_end(
    site: Site, number: signal.Signals
) -> None:
    with _serving(site) as serving:
        pids = serving.until_up()
        asked = time.monotonic()
        serving.process.send_signal(number)
        assert serving.process.wait(5) == 0
        _until(lambda: not _alive(pids), seconds=5 - (time.monotonic() - asked))
        assert serving.output.read_text().splitlines()[-1] == "Stopped."


def test_serve_leaves_nothing_when_killed(site: Site) -> None:
    with _serving(site) as serving:
        pids = serving.until_up()
        serving.process.kill()
        serving.process.wait()
        # Gunicorn's process looks once a second for its master, and answers who waits.
        _until(lambda: not _alive(pids), seconds=5)


def test_serve_starts_a_killed_worker_again_and_says_so(site: Site) -> None:
    with _serving(site) as serving:
        serving.until_up()
        [worker] = _running("--hostname=worker-1", of=serving.process.pid)
        os.kill(worker, signal.SIGKILL)
        _until(lambda: serving.log("worker-1").count(" ready.") == 2)
        [successor] = _running("--hostname=worker-1", of=serving.process.pid)
        assert successor != worker
        assert "worker-1 was ended by SIGKILL; it starts again in 1 s." in (
            serving.output.read_text()
        )


def test_second_serve_on_the_same_state_is_refused(site: Site) -> None:
    with _serving(site) as first:
        first.until_up()
        with _serving(site) as second:
            assert second.process.wait(30) == 1
            assert second.output.read_text() == (
                f"CommandError: Another process serves {site.var} already.\n"
                "Stop it, or set ASSAY_VAR to another folder.\n"
            )
        assert first.process.poll() is None


def test_serve_refuses_a_taken_port_before_anything_starts(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        failed = _fails(site, "--port", str(port))
    assert failed == (
        f"CommandError: Can't listen on 127.0.0.1:{port}: Address already in use.\n"
        "End what listens there, or choose another port.\n"
    )
    assert not (site.var / "logs").exists()


def test_serve_refuses_a_database_without_its_tables(site: Site) -> None:
    site.manage("migrate", "-v0", "evaluations", "zero")
    failed = _fails(site, "--port", str(free_port()))
    assert failed.startswith("CommandError: The database lacks ")
    assert failed.endswith("Run `python manage.py migrate` first.\n")


def _fails(site: Site, *arguments: str) -> str:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        site.manage("serve", *arguments, timeout=30)
    return str(caught.value.output)


def test_grandchildren_end_with_the_supervisor(tmp_path: Path) -> None:
    program = _python("parent", _WITH_GRANDCHILD, str(tmp_path))
    with Supervisor([program], var=tmp_path, say=_ignore) as running:
        _until(lambda: _text(tmp_path / "log.pid").endswith(" "))
        grandchild = int(_text(tmp_path / "log.pid"))
        assert _alive([grandchild])
        running.stop()
        _until(lambda: not _alive([grandchild]), seconds=1)


def test_stop_kills_what_ignores_it_within_five_seconds(tmp_path: Path) -> None:
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True)\n"
    with Supervisor([_python("stubborn", stubborn + "time.sleep(600)")], var=tmp_path, say=_ignore):
        _until(lambda: "up" in _text(tmp_path / "logs" / "stubborn.log"))
        [pid] = descendants(os.getpid())
        asked = time.monotonic()
    assert 3 < time.monotonic() - asked < 5
    assert not _alive([pid])


def test_program_that_cannot_start_ends_everything_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "MAX_DELAY", 0.1)
    said: list[str] = []
    broken = _python("broken", "raise SystemExit('no such thing as a database')")
    idle = _python("idle", "import time; time.sleep(600)")
    with Supervisor([broken, idle], var=tmp_path, say=said.append) as running:
        with pytest.raises(ServeError, match="no such thing as a database") as caught:
            running.wait()
        assert caught.value.detail.startswith("broken ended with exit code 1 5 times in a row.")
        assert len(said) == 4
        assert not descendants(os.getpid())
        with pytest.raises(ServeError, match="no such thing as a database"):
            running.wait_until_ready("http://127.0.0.1:9/", timeout=5)


def test_wait_until_ready_waits_for_success_and_no_longer_than_told(tmp_path: Path) -> None:
    port = free_port()
    server = Program("web", (sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"))
    with Supervisor([server], var=tmp_path, say=_ignore) as running:
        running.wait_until_ready(f"http://127.0.0.1:{port}/", timeout=20)
        with pytest.raises(ServeError, match=r"did not answer within 1 s \(status 404\)"):
            running.wait_until_ready(f"http://127.0.0.1:{port}/no-such-file", timeout=1)


def _python(name: str, code: str, *arguments: str) -> Program:
    return Program(name, (sys.executable, "-c", code, *arguments))


def _ignore(_line: str) -> None:
    pass


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _until(condition: Callable[[], object], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)


def _alive(pids: list[int]) -> list[int]:
    """Return which of these run; a zombie does not."""
    return [pid for pid in pids if _state(pid) not in {"", "Z"}]


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _running(argument: str, *, of: int) -> list[int]:
    return [pid for pid in descendants(of) if argument in Path(f"/proc/{pid}/cmdline").read_text()]
