"""Waiting until the log has an entry; where this worker has the site's keys, it logs by itself."""

import time

from evaluations.errors import AssayError
from evaluations.failures import FailureCode
from evaluations.models import LogEntry
from evaluations.services.sequencer import sequence
from workers.workplace import Progress, Stage

_PAUSE_SECONDS = 0.2
#: After so long whoever has the keys is taken for dead.
_PATIENCE_SECONDS = 300.0


def until_logged(entry: LogEntry) -> Stage:
    """Wait until an entry has its place and a checkpoint covers it.

    Args:
        entry: gets its index.

    Raises:
        AssayError: `log_unavailable` if nobody logs it.
    """
    began = time.monotonic()
    while entry.index is None:
        sequence()
        entry.refresh_from_db(fields=["index", "envelope"])
        if entry.index is not None:
            return
        if time.monotonic() - began > _PATIENCE_SECONDS:
            raise AssayError(
                FailureCode.LOG_UNAVAILABLE,
                f"For {_PATIENCE_SECONDS:.0f} s nobody has written to the site's log.",
            )
        time.sleep(_PAUSE_SECONDS)
        yield Progress(0, 0)
