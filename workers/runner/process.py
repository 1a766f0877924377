"""The worker's end of a runner: starting it, calling it, hearing from it, ending it."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from django.conf import settings

from workers.isolation import BUBBLEWRAP, isolation
from workers.runner import log as runner_log
from workers.runner import sandbox
from workers.runner.limits import says_out_of_memory
from workers.runner.protocol import MOST_BYTES, Call, Event, NonsenseError, decode_event, encode
from workers.taking import weigh

_REPOSITORY = Path(__file__).resolve().parents[2]
_PROGRAM = ("-m", "workers.runner")
#: Far more than a step has to report, at once and in each second.
_MOST_EVENTS, _MOST_EVENTS_A_SECOND = 10_000, 20
#: What a runner may keep on disk, and how often that is looked at.
_MOST_OUT = 1 << 34
_WEIGH_SECONDS = 5.0
#: How long a runner may take to read a call; it is importing torch for some of that time.
_CALL_SECONDS = 30.0
#: How long the kernel may take to end a sandbox; a disk that hangs holds it up.
_END_SECONDS = 10.0
#: How a shell, and bubblewrap, say that a signal ended a program.
_SIGNALLED = 128


class RunnerLostError(Exception):
    """The runner process ended without finishing its step, or can't be trusted any more.

    Attributes:
        out_of_memory: whether it died because a library could not get memory, as far as its log
            says; libraries in Rust and C++ end the process then.
    """

    def __init__(self, reason: str, *, out_of_memory: bool = False) -> None:
        """Take one sentence without a full stop."""
        super().__init__(reason)
        self.out_of_memory = out_of_memory


class Runner:
    """A runner process in its own process group, and where possible in a sandbox.

    Start it from a process's main thread: the kernel's parent-death signal follows the thread.

    Attributes:
        slot: its working directory, as this host sees it.
        isolation: what confines it, `bubblewrap` or `none`.
    """

    def __init__(self, slot: Path, log: Path, *, threads: int | None = None) -> None:
        """Start a runner.

        Args:
            slot: its working directory, which holds `run/config.yaml` when the first call comes.
                The runner may write in `out/` only.
            log: the file that its output is appended to.
            threads: torch's threads; None leaves torch's own choice, which a stock run has too.

        Raises:
            SandboxMissingError: if the operator requires a sandbox and there is none.
        """
        self.slot = slot
        self.isolation = isolation()
        self._log = log
        self._unread, self._heard = b"", 0
        self._called = self._weighed = time.monotonic()
        self._events, theirs = os.pipe()
        told, telling = os.pipe()
        try:
            with log.open("ab") as output:
                self._process = subprocess.Popen(
                    _command(self.isolation, slot, threads, events=theirs, info=telling),
                    cwd=slot,
                    env=_environment(slot, threads),
                    bufsize=0,
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    pass_fds=[theirs, telling] if self.isolation == BUBBLEWRAP else [theirs],
                    start_new_session=True,
                )
        except OSError:
            os.close(self._events)
            raise
        finally:
            os.close(theirs)
            os.close(telling)
            # Without bubblewrap nobody else holds the other end, and this returns at once.
            self._init = _init_of(told)
        assert self._process.stdin is not None  # noqa: S101  Popen was given a pipe
        os.set_blocking(self._process.stdin.fileno(), False)

    @property
    def pid(self) -> int:
        """The process id, which is also its group's; of bubblewrap where that confines it."""
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def call(self, call: Call) -> None:
        """Ask for a step; its events follow.

        Raises:
            RunnerLostError: if the process has ended, or doesn't listen.
        """
        assert self._process.stdin is not None  # noqa: S101  Popen was given a pipe
        self._heard, self._called = 0, time.monotonic()
        if self.isolation == BUBBLEWRAP:
            sandbox.share(self.slot)
        stdin, line = self._process.stdin.fileno(), encode(call)
        end = time.monotonic() + _CALL_SECONDS
        while line:
            _, ready, _ = select.select([], [stdin], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise self._lost("the runner doesn't listen")
            try:
                line = line[os.write(stdin, line) :]
            except BrokenPipeError as error:
                raise self._ended() from error

    def poll(self, seconds: float) -> Event | None:
        """Return the next event, or None if none comes within so many seconds.

        Raises:
            RunnerLostError: if the process has ended, speaks nonsense, or fills the disk.
        """
        self._watch()
        end = time.monotonic() + seconds
        while b"\n" not in self._unread:
            if len(self._unread) > MOST_BYTES:
                raise self._lost("the runner spoke nonsense: a line without end")
            ready, _, _ = select.select([self._events], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                # A child of the runner may hold the pipe open after its end.
                if self._process.poll() is not None:
                    raise self._ended()
                return None
            read = os.read(self._events, 1 << 16)
            if not read:
                raise self._ended()
            self._unread += read
        line, _, self._unread = self._unread.partition(b"\n")
        return self._understand(line)

    def _understand(self, line: bytes) -> Event:
        self._heard += 1
        seconds = time.monotonic() - self._called
        if self._heard > _MOST_EVENTS + _MOST_EVENTS_A_SECOND * seconds:
            raise self._lost("the runner spoke nonsense: more events than a step has")
        try:
            return decode_event(line)
        except NonsenseError as error:
            raise self._lost(f"the runner spoke nonsense: {error}") from error

    def _watch(self) -> None:
        """Keep what the runner leaves on disk within bounds."""
        runner_log.shorten(self._log)
        if time.monotonic() - self._weighed < _WEIGH_SECONDS:
            return
        if weigh(self.slot / sandbox.OUT, enough=_MOST_OUT) >= _MOST_OUT:
            raise self._lost("the runner wrote more than a run may")
        self._weighed = time.monotonic()

    def _lost(self, reason: str) -> RunnerLostError:
        self.close()
        return RunnerLostError(reason)

    def _ended(self) -> RunnerLostError:
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return RunnerLostError("the runner closed its pipe and hangs")
        if self.isolation == BUBBLEWRAP and code > _SIGNALLED:
            code = _SIGNALLED - code
        reason = f"the runner ended with exit code {code}"
        if code < 0:
            reason = f"the runner was ended by {_name(-code)}"
        # Who kills it from outside doesn't ask what it has in its log.
        starved = -code != signal.SIGKILL and says_out_of_memory(runner_log.end(self._log))
        return RunnerLostError(reason, out_of_memory=starved)

    def close(self) -> None:
        """End the runner with all that it started, and wait for that; harmless when done twice."""
        if self._events < 0:
            return
        if self._init is not None:
            # Its end is the end of all processes in there, also of those with sessions of their
            # own, and the kernel reports it after theirs.
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._init, signal.SIGKILL)
            select.select([self._init], [], [], _END_SECONDS)
            os.close(self._init)
        # Also when the leader ended by itself: what it started is still of its group.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        os.close(self._events)
        self._events = -1


def _command(
    confined: str, slot: Path, threads: int | None, *, events: int, info: int
) -> list[str]:
    """Return what starts a runner, in a sandbox or not."""
    plain = [sys.executable, *_PROGRAM, str(events)]
    if confined != BUBBLEWRAP:
        (slot / sandbox.OUT).mkdir(exist_ok=True)
        return plain
    environment = _environment(sandbox.SLOT, threads)
    return sandbox.command(
        plain, slot=slot, environment=environment, hidden=[settings.VAR], info_fd=info
    )


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _init_of(told: int) -> int | None:
    """Return a descriptor of the process whose end is the end of all others in the sandbox."""
    said = b""
    with open(told, "rb", buffering=0) as pipe:
        while not said.endswith(b"}\n") and (read := pipe.read(1 << 12)):
            said += read
    if not said:
        return None
    with contextlib.suppress(ProcessLookupError):
        return os.pidfd_open(json.loads(said)["child-pid"])
    return None


def _environment(root: Path, threads: int | None) -> dict[str, str]:
    """Return all that a runner may know of its surroundings: no secrets, no hub, no home.

    Args:
        root: the slot, as the runner sees it.
        threads: see `Runner`.
    """
    out = root / sandbox.OUT
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": str(_REPOSITORY),
        "PYTHONUNBUFFERED": "1",
        # A suite's own Python must not leave dated bytecode in what becomes the bundle.
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        # Libraries ask for the user's name, and the sandbox has no list of users.
        "USER": "runner",
        "HOME": str(out),
        "HF_HOME": str(out / "cache"),
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        # Threads that wait for each other must not spin: where processes share cores, a pass took
        # ten times as long (docs/performance.md). It changes no number.
        "OMP_WAIT_POLICY": "PASSIVE",
        "TOKENIZERS_PARALLELISM": "false",
        "TQDM_DISABLE": "1",
        # Its own pool reserves a gigabyte, which the limit of memory would count.
        "ARROW_DEFAULT_MEMORY_POOL": "system",
    }
    if "NLTK_DATA" in os.environ:
        # Where the operator keeps the data that some tasks (IFEval) would otherwise download.
        environment["NLTK_DATA"] = os.environ["NLTK_DATA"]
    if threads is not None:
        environment["OMP_NUM_THREADS"] = str(threads)
    return environment
