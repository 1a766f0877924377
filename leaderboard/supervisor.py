"""Starting, watching and ending the processes of a site that runs on one machine.

Each child begins as `python -m leaderboard.supervisor`, which asks the kernel to kill it together
with its parent and then becomes the program proper; the wish outlives that step. So nothing is left
when the supervisor itself is killed. The kernel watches the *thread* that started a child, which is
why one thread starts, watches and ends them all.
"""

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import NoReturn, Self

from evaluations.errors import AssayError

_ROOT = Path(__file__).resolve().parents[1]
_PR_SET_PDEATHSIG = 1
#: Between asking a child to end and killing it; with the killing it all takes less than 5 s.
GRACE_SECONDS = 4.0
#: A child that ends sooner than this could not start, and so often in a row it won't ever.
START_SECONDS, MAX_STARTS = 10.0, 5
#: A child that ran so long has earned a quick restart again.
STEADY_SECONDS, MAX_DELAY = 60.0, 30.0
_LOOK_SECONDS = 0.1
_TAIL_LINES = 20


class ServeError(AssayError):
    """The site can't be served; says why and what to do."""


@dataclass(frozen=True)
class Program:
    """A program to keep running; its name is its log's too.

    Attributes:
        settings: variables that it gets beside those of all programs.
    """

    name: str
    argv: tuple[str, ...]
    settings: Mapping[str, str] = field(default_factory=dict)


def site_programs(host: str, port: int, workers: int, *, threads: int = 0) -> list[Program]:
    """Return the programs of a site: web server, so many workers, scheduler and keeper.

    Args:
        host: where the web server listens.
        port: likewise.
        workers: how many.
        threads: of torch in each worker's runner, as the operator set them; with 0, one worker
            leaves them to torch, and several divide the cores among themselves.
    """
    settings = {} if threads or workers == 1 else {"ASSAY_THREADS": str(_cores_each(workers))}
    return [
        Program("web", _web(host, port)),
        *(
            Program(f"worker-{number}", _worker(number), settings)
            for number in range(1, workers + 1)
        ),
        # Not inside a worker (`-B`): its process would outlive a killed worker, and rings must go
        # on while a worker is away.
        Program("beat", _celery("beat")),
        # Not inside a worker either: a job may take hours, and readers wait for ranks.
        Program("keeper", (sys.executable, "manage.py", "keep")),
    ]


def _cores_each(workers: int) -> int:
    """Return each worker's part of the cores that this process may use, at least one."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return max(1, cores // max(1, workers))


def _web(host: str, port: int) -> tuple[str, ...]:
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return (
        *(sys.executable, "-m", "gunicorn", "leaderboard.wsgi", "--bind", address),
        # One process: local-memory caches and SQLite's writers need no other to agree with.
        *("--worker-class", "gthread", "--workers", "1", "--threads", "8"),
        *("--graceful-timeout", str(int(GRACE_SECONDS) - 1), "--access-logfile", "-"),
        # Its socket would lie in the home folder, one for all sites.
        "--no-control-socket",
    )


def _worker(number: int) -> tuple[str, ...]:
    # Solo: a job runs in the worker's main thread, so that its runner ends with the worker.
    # Workers learn from the database, not from each other, what there is to do.
    silent = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    solo = ("--pool=solo", "--concurrency=1", f"--hostname=worker-{number}@%h")
    return _celery("worker", *solo, *silent)


def _celery(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "celery", "-A", "leaderboard", *arguments, "--loglevel=INFO")


def check_address(host: str, port: int) -> None:
    """See whether a server could listen there.

    Raises:
        ServeError: if it could not.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except (OSError, OverflowError) as error:
        reason = str(error)
        if isinstance(error, OSError) and not isinstance(error, socket.gaierror):
            # Without the address, which `create_server` adds.
            reason = os.strerror(error.errno or 0)
        raise ServeError(
            "address_unavailable",
            f"Can't listen on {host}:{port}: {reason}.",
            "End what listens there, or choose another port.",
        ) from error


def interrupt_on_signals() -> None:
    """Have both Ctrl-C and SIGTERM raise KeyboardInterrupt in the main thread.

    Set by hand, because a shell starts background jobs with Ctrl-C ignored.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def launch(
    argv: Sequence[str], *, log: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own that the kernel ends together with this thread.

    Only Linux knows the wish; elsewhere a killed supervisor leaves its children behind.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "leaderboard.supervisor", str(os.getpid()), *argv],
            cwd=_ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def end(processes: Sequence[subprocess.Popen[bytes]], *, grace: float = GRACE_SECONDS) -> None:
    """Ask launched programs to end, and kill those that don't, each with its process group."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + grace
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
    for process in processes:
        _kill_group(process)
        process.wait()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):  # nobody may be left in it
        os.killpg(process.pid, signal.SIGKILL)


class _Child:
    """A program with its present process and its history."""

    def __init__(self, program: Program, log: Path) -> None:
        self.program, self.log = program, log
        self.process: subprocess.Popen[bytes] | None = None
        self.due = self.started = 0.0
        self.failed_starts = self.failures = 0

    def start(self, environment: Mapping[str, str]) -> None:
        self.started = time.monotonic()
        settings = {**environment, **self.program.settings}
        self.process = launch(self.program.argv, log=self.log, environment=settings)

    def note_end(self) -> float:
        """Count what has just ended and return after how many seconds to start it again."""
        lived = time.monotonic() - self.started
        self.process = None
        self.failed_starts = self.failed_starts + 1 if lived < START_SECONDS else 0
        self.failures = self.failures + 1 if lived < STEADY_SECONDS else 1
        delay: float = min(MAX_DELAY, 2.0 ** (self.failures - 1))
        self.due = time.monotonic() + delay
        return delay

    def tail(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-_TAIL_LINES:])


class Supervisor:
    """Keeps programs running from `start` (or `with`) to `stop`.

    Args:
        programs: what to run.
        var: the site's state folder; logs go to `logs/` in it, and one supervisor at a time has it.
        say: takes lines for the operator, from a thread of the supervisor's own.
        environment: of the children; by default this process's.
    """

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        var: Path,
        say: Callable[[str], None],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.logs = var / "logs"
        self._lock_path, self._lock = var / "serve.lock", -1
        self._children = [_Child(each, self.logs / f"{each.name}.log") for each in programs]
        self._say, self._environment = say, dict(environment or os.environ)
        self._stopping, self._over = threading.Event(), threading.Event()
        self._failure: ServeError | None = None
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything and return at once.

        Raises:
            ServeError: if another supervisor has this state folder.
        """
        self._take_lock()
        self.logs.mkdir(exist_ok=True)
        self._thread.start()

    def stop(self) -> None:
        """End everything, which takes less than 5 s; harmless when done twice."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def wait(self) -> None:
        """Wait for as long as everything runs, restarts included.

        Raises:
            ServeError: once a program could not start so often that trying again is no use.
        """
        self._over.wait()
        if self._failure is not None:
            raise self._failure

    def wait_until_ready(self, url: str, timeout: float) -> None:
        """Wait until a page answers with success.

        Raises:
            ServeError: if it doesn't within `timeout` seconds, or a program can't start.
        """
        import httpx  # every child passes through this module; none of them needs it

        deadline = time.monotonic() + timeout
        last = "no answer"
        while time.monotonic() < deadline:
            if self._over.wait(_LOOK_SECONDS):
                self.wait()
            try:
                response = httpx.get(url, timeout=timeout, trust_env=False)
            except httpx.TransportError as error:
                last = str(error)
                continue
            if response.is_success:
                return
            last = f"status {response.status_code}"
        raise ServeError(
            "not_ready",
            f"{url} did not answer within {timeout:g} s ({last}).",
            f"The logs are in {self.logs}.",
        )

    def _take_lock(self) -> None:
        self._lock = os.open(self._lock_path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            # The kernel frees it with the process, however that ends.
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            self._lock = -1
            raise ServeError(
                "already_served",
                f"Another process serves {self._lock_path.parent} already.",
                "Stop it, or set ASSAY_VAR to another folder.",
            ) from error

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                for child in self._children:
                    self._tend(child)
                self._stopping.wait(_LOOK_SECONDS)
        except ServeError as error:
            self._failure = error
        except Exception as error:  # noqa: BLE001  the thread's boundary: `wait` must end, and say why
            self._failure = ServeError(
                "supervisor_failed",
                f"The supervisor failed: {error}.",
                f"The logs are in {self.logs}.",
            )
        finally:
            # Here, because the end of this thread kills every child that is left.
            end([child.process for child in self._children if child.process is not None])
            self._over.set()

    def _tend(self, child: _Child) -> None:
        if child.process is None:
            if time.monotonic() >= child.due:
                child.start(self._environment)
        elif child.process.poll() is not None:
            self._after_end(child, child.process)

    def _after_end(self, child: _Child, process: subprocess.Popen[bytes]) -> None:
        _kill_group(process)
        name, ending = child.program.name, _ending(process.returncode)
        delay = child.note_end()
        if child.failed_starts >= MAX_STARTS:
            raise ServeError(
                "cannot_start",
                f"{name} {ending} {MAX_STARTS} times in a row. Its log ends with:\n{child.tail()}",
                f"The whole log is {child.log}.",
            )
        self._say(f"{name} {ending}; it starts again in {delay:g} s. Its log is {child.log}.")


def _ending(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def _die_with(parent: int) -> None:
    """Ask the kernel to kill this process when the thread that started it ends (Linux only)."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        # The parent ended before the kernel knew of our wish.
        os.kill(os.getpid(), signal.SIGKILL)


def _become(parent: str, *argv: str) -> NoReturn:
    _die_with(int(parent))
    os.execvp(argv[0], argv)  # noqa: S606  we started it to become this


if __name__ == "__main__":
    _become(*sys.argv[1:])
