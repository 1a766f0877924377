"""Taking files out of a slot's `out/`, where a hostile model may have left anything.

Nothing there is opened by its path: each folder on the way is opened by itself, links are never
followed, and only regular files are read, up to a limit. What is taken is a copy: the runner may
still hold the original open, and could go on writing it.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from evaluations.errors import AssayError
from evaluations.failures import FailureCode
from workers.runner.sandbox import OUT

_MOST_FILES = 10_000
_DEPTH = 4
_CHUNK = 1 << 20
_BLOCK = 512
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
#: O_NONBLOCK: a named pipe would be waited for.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def take(root: Path, source: str, target: str, *, limit: int) -> Path:
    """Move a file out of a slot's `out/` into the slot proper.

    Args:
        root: the slot.
        source: the file, relative to `out/`.
        target: its new place, relative to the slot; what is there already is replaced.
        limit: the most bytes it may have.

    Returns:
        The new file's path.

    Raises:
        AssayError: `engine_bug`, if it isn't there, is no plain file, or is too large.
        OSError: if it can't be written, for instance because the disk is full.
    """
    *folders, name = _parts(source)
    with _opened(root, folders) as folder:
        _take(folder, name, _inside(root, target), limit, source)
    return root / target


def read(root: Path, source: str, *, limit: int) -> bytes:
    """Return what a file in a slot's `out/` holds just now; the runner may still add to it.

    Raises:
        AssayError: see `take`.
    """
    *folders, name = _parts(source)
    with _opened(root, folders) as folder, os.fdopen(_plain_file(folder, name, source), "rb") as f:
        data = f.read(limit + 1)
    if len(data) > limit:
        raise _left("a file that is too large", source)
    return data


def take_folder(root: Path, source: str, target: str, *, limit: int) -> list[Path]:
    """Move all files of a folder in `out/`, and of the folders in it, into the slot proper.

    Args:
        root: the slot.
        source: the folder, relative to `out/`.
        target: the folder that they go to, relative to the slot; made if need be.
        limit: the most bytes that they may have together.

    Returns:
        The new files' paths, sorted.

    Raises:
        AssayError: `engine_bug`, if anything in it isn't a plain file or folder with a plain name,
            if there are too many, or if they are too large.
        OSError: if they can't be written.
    """
    place = _inside(root, target)
    place.mkdir(parents=True, exist_ok=True)
    taken: list[Path] = []
    with _opened(root, _parts(source)) as folder:
        for path in _listed(folder, PurePosixPath()):
            with _opened(root, [*_parts(source), *path.parent.parts]) as within:
                limit -= _take(within, path.name, place / path, limit, f"{source}/{path}")
            taken.append(place / path)
            if len(taken) > _MOST_FILES:
                raise _left("too many files", source)
    return sorted(taken)


def weigh(folder: Path, *, enough: int) -> int:
    """Return the bytes on disk of all in a folder, or at least `enough`, whichever is less work.

    A file counts a block at least, so that a flood of empty ones is seen too.
    """
    total = 0
    # By descriptors: a folder that becomes a link meanwhile is not followed.
    for _, folders, files, handle in os.fwalk(folder, onerror=None, follow_symlinks=False):
        for name in (*folders, *files):
            try:
                found = os.stat(name, dir_fd=handle, follow_symlinks=False)
            except FileNotFoundError:
                continue  # the runner is at work
            total += max(found.st_blocks, 8) * _BLOCK
            if total >= enough:
                return total
    return total


def _take(folder: int, name: str, place: Path, limit: int, said: str) -> int:
    """Copy a file from an open folder and remove it there; returns its size."""
    handle = _plain_file(folder, name, said)
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f"{place.name}.part")
    size = 0
    with os.fdopen(handle, "rb") as file, part.open("wb") as copy:
        # A sparse file is not read to its end; and one may grow while it is read.
        large = os.fstat(handle).st_size > limit
        while not large and (chunk := file.read(_CHUNK)):
            size += len(chunk)
            large = size > limit
            copy.write(chunk)
    if large:
        part.unlink()
        raise _left("a file that is too large", said)
    part.replace(place)
    os.unlink(name, dir_fd=folder)
    return size


def _plain_file(folder: int, name: str, said: str) -> int:
    """Open a file that is one, and has no other name anywhere."""
    try:
        handle = os.open(name, _FILE, dir_fd=folder)
    except OSError as error:
        raise _left("no plain file", said) from error
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        os.close(handle)
        raise _left("no plain file", said)
    return handle


def _listed(folder: int, path: PurePosixPath) -> Iterator[PurePosixPath]:
    """Yield the files below an open folder."""
    if len(path.parts) > _DEPTH:
        raise _left("folders in folders without end", str(path))
    with os.scandir(folder) as entries:
        # A list is bounded before it is held in memory.
        names = []
        for entry in entries:
            names.append((entry.name, entry.is_dir(follow_symlinks=False)))
            if len(names) > _MOST_FILES:
                raise _left("too many files", str(path))
    for name, is_folder in sorted(names):
        if not name.isprintable():
            raise _left("a name that can't be printed", str(path))
        if not is_folder:
            yield path / name
            continue
        with _entered(folder, name) as inner:
            yield from _listed(inner, path / name)


@contextmanager
def _opened(root: Path, folders: list[str]) -> Iterator[int]:
    """Open a folder of `out/` step by step."""
    handle = os.open(root / OUT, _FOLDER)
    try:
        for name in folders:
            inner = _enter(handle, name)
            os.close(handle)
            handle = inner
        yield handle
    finally:
        os.close(handle)


@contextmanager
def _entered(folder: int, name: str) -> Iterator[int]:
    handle = _enter(folder, name)
    try:
        yield handle
    finally:
        os.close(handle)


def _enter(folder: int, name: str) -> int:
    try:
        return os.open(name, _FOLDER, dir_fd=folder)
    except OSError as error:
        raise _left("no folder", name) from error


def _parts(path: str) -> list[str]:
    """Split a relative path that the worker, not the runner, has chosen."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts:
        raise ValueError(f"{path!r} is no path within a slot")
    return list(parts)


def _inside(root: Path, target: str) -> Path:
    return root.joinpath(*_parts(target))


def _left(what: str, where: str) -> AssayError:
    return AssayError(FailureCode.ENGINE_BUG, f"The runner left {what} at {where!r}.")
