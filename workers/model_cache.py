"""The models that this host's workers share: one folder a commit, bounded, cleaned by least use.

    models/<commit>/            files that are whole and checked, read-only
    models/.partial/<commit>/   downloads that were begun; the next attempt goes on from there
    models/.locks/              who downloads what, and who cleans

A slot that uses a model links to its folder, and what is linked to is never cleaned. The runner
sees hard links of the files only, in a folder that it can't write to: no other model, no cache.
"""

import errno
import fcntl
import os
import secrets
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

_GB = 10**9
_POLL_SECONDS = 0.2
#: In a slot, what leads to the folder of the model that it uses.
_USES = "uses"
#: Why a file can't be linked but may be copied: another file system, too many links, not allowed.
_UNLINKABLE = {errno.EXDEV, errno.EMLINK, errno.EPERM}


class LeftError(Exception):
    """Whoever wanted this has gone; nothing is to be reported."""


def folder(commit: str) -> Path:
    """Return where a commit's files lie."""
    return _root() / commit


def partial(commit: str) -> Path:
    """Return where a commit's unfinished downloads lie."""
    return _root() / ".partial" / commit


def use(commit: str, slot: Path) -> None:
    """Note that a slot uses a commit's folder, made if need be, until the slot is deleted."""
    with _locked("cleaning"):
        folder(commit).mkdir(parents=True, exist_ok=True)
        os.utime(folder(commit))
        (slot / _USES).symlink_to(folder(commit))


def share(source: Path, target: Path) -> None:
    """Let a file of the cache stand in a slot too, without its bytes if the file system can."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(source)
    except OSError as error:
        if error.errno not in _UNLINKABLE:
            raise
        shutil.copyfile(source, target)


@contextmanager
def sole(commit: str, left: threading.Event) -> Iterator[None]:
    """Wait until no other worker of this host downloads a commit, and keep them waiting.

    Raises:
        LeftError: if `left` is set before.
    """
    with _locked(commit, left):
        yield


def make_room(size: int) -> None:
    """Delete the models that were used least lately, until there is room for so many bytes."""
    with _locked("cleaning"):
        discarded = [_set_aside(commit) for commit in _victims(size)]
    for path in [path for paths in discarded for path in paths]:
        shutil.rmtree(path, ignore_errors=True)


def _victims(size: int) -> list[str]:
    """Choose what to delete; what is in use is left alone, whatever room is needed."""
    # What a worker that was killed had set aside is nobody's any more.
    for path in _root().glob(".discarded-*"):
        shutil.rmtree(path, ignore_errors=True)
    sizes = {commit: _size(folder(commit)) + _size(partial(commit)) for commit in _commits()}
    used = _in_use()
    over = sum(sizes.values()) + size - settings.ASSAY_MODEL_CACHE_GB * _GB
    chosen = []
    for commit in sorted(sizes.keys() - used, key=_last_used):
        if over <= 0:
            break
        chosen.append(commit)
        over -= sizes[commit]
    return chosen


def _set_aside(commit: str) -> list[Path]:
    """Take a commit out of the cache in one step, to be deleted without keeping others waiting."""
    return [
        path.rename(_root() / f".discarded-{secrets.token_hex(8)}")
        for path in (folder(commit), partial(commit))
        if path.exists()
    ]


def _commits() -> set[str]:
    begun = {path.name for path in (_root() / ".partial").glob("*")}
    return begun | {path.name for path in _root().iterdir() if not path.name.startswith(".")}


def _in_use() -> set[str]:
    links = (settings.VAR / "work").glob(f"*/*/{_USES}")
    return {path.readlink().name for path in links if path.is_symlink()}


def _last_used(commit: str) -> float:
    places = [path for path in (folder(commit), partial(commit)) if path.exists()]
    return max((path.stat().st_mtime for path in places), default=0.0)


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


@contextmanager
def _locked(name: str, left: threading.Event | None = None) -> Iterator[None]:
    """Hold a lock among all processes of this host; it ends with the process that holds it."""
    locks = _root() / ".locks"
    locks.mkdir(parents=True, exist_ok=True)
    left = left or threading.Event()
    with (locks / name).open("w") as file:
        while not _try_lock(file.fileno()):
            if left.wait(_POLL_SECONDS):
                raise LeftError
        yield


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _root() -> Path:
    return Path(settings.VAR) / "models"
