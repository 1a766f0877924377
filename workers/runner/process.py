"""The worker's end of a runner: starting it, calling it, hearing from it, ending it."""

import contextlib
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from workers.runner.protocol import Call, Event, decode_event, encode

_REPOSITORY = Path(__file__).resolve().parents[2]


class RunnerLostError(Exception):
    """The runner process ended without finishing its step."""


class Runner:
    """A runner process in its own process group.

    Start it from a process's main thread: the kernel's parent-death signal follows the thread.
    """

    def __init__(self, slot: Path, log: Path, *, threads: int | None = None) -> None:
        """Start a runner.

        Args:
            slot: its working directory, which holds `run/config.yaml`.
            log: the file that its output is appended to.
            threads: torch's threads; None leaves torch's own choice, which a stock run has too.
        """
        self.slot = slot
        events, theirs = os.pipe()
        try:
            with log.open("ab") as output:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "workers.runner", str(theirs)],
                    cwd=slot,
                    env=_environment(slot, threads),
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    pass_fds=[theirs],
                    start_new_session=True,
                )
        except OSError:
            os.close(events)
            raise
        finally:
            os.close(theirs)
        self._events, self._unread = events, b""

    @property
    def pid(self) -> int:
        """The process id, which is also its group's."""
        return self._process.pid

    def call(self, call: Call) -> None:
        """Ask for a step; its events follow."""
        stdin = self._process.stdin
        assert stdin is not None  # noqa: S101  Popen was given a pipe
        try:
            stdin.write(encode(call))
            stdin.flush()
        except BrokenPipeError as error:
            raise RunnerLostError(self._ending()) from error

    def poll(self, seconds: float) -> Event | None:
        """Return the next event, or None if none comes within so many seconds.

        Raises:
            RunnerLostError: if the process has ended.
        """
        while b"\n" not in self._unread:
            ready, _, _ = select.select([self._events], [], [], seconds)
            if not ready:
                # A child of the runner may hold the pipe open after its end.
                if self._process.poll() is not None:
                    raise RunnerLostError(self._ending())
                return None
            read = os.read(self._events, 1 << 16)
            if not read:
                raise RunnerLostError(self._ending())
            self._unread += read
        line, _, self._unread = self._unread.partition(b"\n")
        return decode_event(line)

    def _ending(self) -> str:
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "the runner closed its pipe and hangs"
        if code < 0:
            return f"the runner was ended by {signal.Signals(-code).name}"
        return f"the runner ended with exit code {code}"

    def close(self) -> None:
        """End the whole process group and free what belongs to it; harmless when done twice."""
        if self._events < 0:
            return
        # Also when the leader ended by itself: what it started is still of its group.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        os.close(self._events)
        self._events = -1


def _environment(slot: Path, threads: int | None) -> dict[str, str]:
    """Return all that a runner may know of its surroundings: no secrets, no hub, no home."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": str(_REPOSITORY),
        "PYTHONUNBUFFERED": "1",
        # A suite's own Python must not leave dated bytecode in what becomes the bundle.
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "HOME": str(slot),
        "HF_HOME": str(slot / "cache"),
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "TQDM_DISABLE": "1",
    }
    if "NLTK_DATA" in os.environ:
        # Where the operator keeps the data that some tasks (IFEval) would otherwise download.
        environment["NLTK_DATA"] = os.environ["NLTK_DATA"]
    if threads is not None:
        environment["OMP_NUM_THREADS"] = str(threads)
    return environment
