"""The runner: a fresh process that holds torch, lm-eval and one model, and serves one run.

Started as `python -m workers.runner <events-fd>` in its own process group, with the run's slot as
its working directory and an environment without secrets.
"""

import os
import signal
import sys
import time
import traceback
from typing import TYPE_CHECKING, BinaryIO

from evaluations.errors import AssayError
from evaluations.failures import FailureCode
from workers.runner.limits import is_out_of_memory
from workers.runner.parent import die_with_parent
from workers.runner.protocol import Call, Event, decode_call, encode

if TYPE_CHECKING:
    from workers.runner.session import Session


def main() -> None:
    """Answer calls until standard input ends."""
    die_with_parent()
    # Ctrl-C reaches the whole terminal; who may stop a runner is its worker alone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    events = os.fdopen(int(sys.argv[1]), "wb", buffering=0)
    # Slow: torch, transformers and lm-eval. A call that comes meanwhile waits in the pipe.
    from workers.engines import hf
    from workers.runner.session import Session

    hf.warm_up()
    session = Session(
        report=lambda done: _send(events, Event("progress", value=done)), alive=_Pulse(events).beat
    )
    for line in sys.stdin.buffer:
        _send(events, _serve(session, decode_call(line)))


class _Pulse:
    """Signs of life, at most one in so many seconds."""

    _EVERY = 1.0

    def __init__(self, events: BinaryIO) -> None:
        self._events, self._last = events, 0.0

    def beat(self) -> None:
        now = time.monotonic()
        if now - self._last > self._EVERY:
            self._last = now
            _send(self._events, Event("alive"))


def _send(events: BinaryIO, event: Event) -> None:
    events.write(encode(event))


def _serve(session: "Session", call: Call) -> Event:
    """Take one step; every error becomes an event, and its traceback goes to the log."""
    try:
        return Event("done", value=getattr(session, call.name)(**call.args))
    except BaseException as error:  # noqa: BLE001  the process boundary: nothing may pass unreported
        # Also what is no `Exception`: a library in Rust panics with an error of its own.
        return _failed(error)


def _failed(error: BaseException) -> Event:
    detail = f"{type(error).__name__}: {error}"
    if is_out_of_memory(error):
        # What the step held in memory is free from here on, and can be used to tell of it.
        _forget(error)
        sys.stderr.write(f"out of memory: {detail}\n")
        return Event("failed", code=FailureCode.OUT_OF_MEMORY, detail=detail)
    if isinstance(error, AssayError):
        sys.stderr.write(f"failed {error.code}: {error.detail}\n")
        return Event("failed", code=error.code, detail=error.detail)
    traceback.print_exception(error)
    if isinstance(error, OSError):
        return Event(
            "failed", code=FailureCode.ENGINE_BUG, detail=str(error), error_number=error.errno
        )
    return Event("failed", code=FailureCode.ENGINE_BUG, detail=detail)


def _forget(error: BaseException | None) -> None:
    """Empty the frames that an error, and those that led to it, went through."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


if __name__ == "__main__":
    main()
