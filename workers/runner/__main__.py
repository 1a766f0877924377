"""The runner: a fresh process that holds torch, lm-eval and one model, and serves one run.

Started as `python -m workers.runner <events-fd>` in its own process group, with the run's slot as
its working directory and an environment without secrets.
"""

import os
import signal
import sys
import traceback
from typing import BinaryIO

from evaluations.errors import AssayError
from evaluations.failures import FailureCode
from workers.runner.parent import die_with_parent
from workers.runner.protocol import Call, Event, decode_call, encode
from workers.runner.session import Session


def main() -> None:
    """Answer calls until standard input ends."""
    die_with_parent()
    # Ctrl-C reaches the whole terminal; who may stop a runner is its worker alone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    events = os.fdopen(int(sys.argv[1]), "wb", buffering=0)
    session = Session(report=lambda done: _send(events, Event("progress", value=done)))
    for line in sys.stdin.buffer:
        _send(events, _serve(session, decode_call(line)))


def _send(events: BinaryIO, event: Event) -> None:
    events.write(encode(event))


def _serve(session: Session, call: Call) -> Event:
    """Take one step; every error becomes an event, and its traceback goes to the log."""
    try:
        return Event("done", value=getattr(session, call.name)(**call.args))
    except AssayError as error:
        sys.stderr.write(f"failed {error.code}: {error.detail}\n")
        return Event("failed", code=error.code, detail=error.detail)
    except OSError as error:
        traceback.print_exc()
        return Event(
            "failed", code=FailureCode.ENGINE_BUG, detail=str(error), error_number=error.errno
        )
    except Exception as error:  # noqa: BLE001  the process boundary: nothing may pass unreported
        traceback.print_exc()
        return Event(
            "failed", code=FailureCode.ENGINE_BUG, detail=f"{type(error).__name__}: {error}"
        )


if __name__ == "__main__":
    main()
