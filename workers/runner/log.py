"""The runner's log: whatever libraries print. It is kept short while the runner lives."""

import os
from pathlib import Path

MOST_BYTES = 1 << 24
_KEPT_BYTES = 1 << 20


def shorten(path: Path, *, most: int = MOST_BYTES, kept: int = _KEPT_BYTES) -> None:
    """Cut all but the end off a log that has grown too long.

    Who writes it appends, so what comes next follows the end that was kept. What is written in
    between is lost.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    try:
        size = os.fstat(handle).st_size
        if size <= most:
            return
        end = os.pread(handle, kept, size - kept)
        os.ftruncate(handle, 0)
        os.pwrite(handle, b"[the log was too long; its beginning was cut off]\n" + end, 0)
    finally:
        os.close(handle)


def end(path: Path, *, most: int = 1 << 16) -> str:
    """Return the end of a log, however long it is."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - most))
            return file.read(most).decode(errors="replace")
    except FileNotFoundError:
        return ""
