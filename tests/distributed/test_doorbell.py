"""The local doorbell and Redis, each with real workers: what is rung is heard."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from leaderboard import supervisor
from tests import servers

pytestmark = pytest.mark.distributed

_APP = "tests.distributed.trial"
_SILENT = ("--without-gossip", "--without-mingle", "--without-heartbeat")
_WORKERS, _SENDERS, _RINGS = 3, 2, 1000
#: Generous: two cores hear about 500 rings a second.
_SECONDS = 60.0

Environment = dict[str, str]


@pytest.fixture(params=["doorbell", "redis"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Environment]:
    """Yield the environment of trial processes on either broker."""
    with ExitStack() as held:
        url = "doorbell://"
        if request.param == "redis":
            url = held.enter_context(servers.redis())
        yield _environment(url, tmp_path)


@pytest.fixture
def doorbell(tmp_path: Path) -> Environment:
    return _environment("doorbell://", tmp_path)


def _environment(broker: str, folder: Path) -> Environment:
    settings = {"TRIAL_BROKER": broker, "TRIAL_FOLDER": str(folder)}
    return servers.site_environment(folder, **settings)


@contextmanager
def _workers(environment: Environment, count: int = 1) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run workers that have come up; end them afterwards."""
    logs = [Path(environment["TRIAL_FOLDER"]) / f"worker-{n}.log" for n in range(count)]
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for log in logs:
            name = f"--hostname={log.stem}"
            options = ["worker", "--pool=solo", "--loglevel=INFO", name, *_SILENT]
            argv = [sys.executable, "-m", "celery", "-A", _APP, *options]
            processes.append(supervisor.launch(argv, log=log, environment=environment))
        _until(lambda: all(" ready." in log.read_text() for log in logs) or _ended(processes))
        assert not _ended(processes), [log.read_text() for log in logs]
        yield processes
    finally:
        supervisor.end(processes)


def _ended(processes: list[subprocess.Popen[bytes]]) -> list[int | None]:
    return [process.poll() for process in processes if process.poll() is not None]


def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)


def _heard(environment: Environment) -> list[str]:
    folder = Path(environment["TRIAL_FOLDER"])
    return [ring for path in folder.glob("heard-*") for ring in path.read_text().split()]


def _send(environment: Environment, task: str, *arguments: object) -> None:
    code = f"from {_APP} import app; app.send_task({task!r}, {list(arguments)!r})"
    subprocess.run([sys.executable, "-c", code], env=environment, cwd=servers.ROOT, check=True)


def test_rings_of_two_senders_are_each_heard_once_by_three_workers(broker: Environment) -> None:
    with _workers(broker, _WORKERS) as workers:
        senders = [
            subprocess.Popen(
                [sys.executable, "-m", _APP, f"sender-{number}", str(_RINGS)],
                env=broker,
                cwd=servers.ROOT,
            )
            for number in range(_SENDERS)
        ]
        assert [sender.wait(_SECONDS) for sender in senders] == [0] * _SENDERS
        _until(lambda: len(_heard(broker)) >= _SENDERS * _RINGS)
        assert sorted(_heard(broker)) == sorted(
            f"sender-{sender}-{ring}" for sender in range(_SENDERS) for ring in range(_RINGS)
        )
        assert not _ended(workers)
        # Nobody sat idle while the others worked.
        assert len(list(Path(broker["TRIAL_FOLDER"]).glob("heard-*"))) == _WORKERS


def test_rings_survive_garbage_and_the_loss_of_the_folder(doorbell: Environment) -> None:
    folder = Path(doorbell["TRIAL_FOLDER"]) / "doorbell"
    with _workers(doorbell) as [worker], _sender(doorbell) as send:
        (folder / "celery" / "0half").write_text('{"body": "W10=", "hea')
        (folder / "celery" / "1empty").touch()
        (folder / "celery" / "2binary").write_bytes(b"\xff\xfe\x00")
        send("past-garbage")
        _until(lambda: _heard(doorbell) == ["past-garbage"])
        _until(lambda: not list((folder / "celery").iterdir()))
        (folder / "celery").rmdir()
        folder.rmdir()
        time.sleep(0.5)  # five looks of the worker's at nothing
        send("past-loss")
        _until(lambda: _heard(doorbell) == ["past-garbage", "past-loss"])
        assert not _ended([worker])


@contextmanager
def _sender(environment: Environment) -> Iterator[Callable[[str], None]]:
    """Run one process that rings on demand, as a web server does."""
    code = f"import sys; from {_APP} import note; [note.delay(line.strip()) for line in sys.stdin]"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        cwd=servers.ROOT,
        stdin=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as process:
        assert process.stdin is not None
        yield lambda ring: print(ring, file=process.stdin)


def test_a_full_disk_raises_oserror_and_leaves_nothing(doorbell: Environment) -> None:
    # A limit on the size of files makes the kernel refuse the write, as a full disk does.
    code = f"""
import resource
from {_APP} import app
with app.connection_for_write() as connection:
    app.send_task("trial.note", ["fits"], connection=connection)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
    try:
        app.send_task("trial.note", ["too much"], connection=connection)
    except OSError as error:
        print(type(error).__name__, error.errno)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=doorbell,
        cwd=servers.ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "OSError 27\n"
    left = list((Path(doorbell["TRIAL_FOLDER"]) / "doorbell" / "celery").iterdir())
    assert [_arguments(path) for path in left] == [["fits"]]


def _arguments(path: Path) -> Any:
    import base64

    return json.loads(base64.b64decode(json.loads(path.read_text())["body"]))[0]


def test_a_busy_solo_worker_learns_at_once_that_it_should_stop(broker: Environment) -> None:
    folder = Path(broker["TRIAL_FOLDER"])
    with _workers(broker) as [worker]:
        _send(broker, "trial.work", 30)
        _until((folder / "busy").exists)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 0
        # Zero, and not None: the exit code to come. A job must not ask whether it is true.
        assert (folder / "worked").read_text() == "0"


def test_an_idle_worker_ends_soon(broker: Environment) -> None:
    with _workers(broker) as [worker]:
        worker.send_signal(signal.SIGTERM)
        # Celery's two drains of two seconds each would take longer.
        assert worker.wait(2) == 0


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
def test_worker_hears_again_whenever_redis_was_away(tmp_path: Path, *, busy: bool) -> None:
    port = servers.free_port()
    environment = _environment(f"redis://127.0.0.1:{port}/0", tmp_path)
    with ExitStack() as held:
        # A worker that came back once can still fall silent the next time.
        for number in range(3):
            with servers.redis(port):
                if not number:
                    held.enter_context(_workers(environment))
                _is_heard(environment, f"round-{number}")
                if busy:
                    _send(environment, "trial.work", 3)
                    _until((tmp_path / "busy").exists)
            # Gone before the job's end.
            if busy:
                _until((tmp_path / "worked").exists)
                (tmp_path / "busy").unlink()
                (tmp_path / "worked").unlink()
            time.sleep(1)


def _is_heard(environment: Environment, ring: str) -> None:
    _send(environment, "trial.note", ring)
    _until(lambda: ring in _heard(environment))
