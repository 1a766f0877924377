"""The samples of a published result, read out of its bundle where that lies in the store."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

from evaluations import store
from evaluations.models import Result
from evaluations.provenance.members import BundleError, Limits, Member
from evaluations.provenance.tarball import open_tar_members
from evaluations.provenance.unpack import Bundle

_MANIFEST, _SCORES = "manifest.json", "results/scores.json"
_FOLDER, _ENDING = "results/samples/", ".jsonl.zst"
#: Bounds on what one reader may cost the site; a bundle beyond them can still be downloaded.
_LIMITS = Limits(json_size=8 << 20, line_size=4 << 20, plain_size=4 << 30)
#: A page ends early when its rows have so many bytes.
_PAGE_BYTES = 8 << 20
#: Headers lie between files; so much is read at a time to find them.
_WINDOW = 64 << 10


@dataclass(frozen=True, slots=True)
class TaskSamples:
    """One task's samples: how many rows, and their RFC 6962 root."""

    task: str
    rows: int
    root: str


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a samples file, and whether there are more."""

    items: list[dict[str, Any]]
    more: bool


def tasks(result: Result) -> list[TaskSamples]:
    """Return which samples a result's bundle holds.

    Raises:
        ArtefactMissingError: if the store has lost the bundle, or it can't be read.
    """
    with _reading(result) as bundle:
        listed = json.loads(bundle.read(_SCORES))["samples"]
        return [TaskSamples(row["task"], row["rows"], row["root"]) for row in listed]


def digests(result: Result) -> dict[str, str]:
    """Return the SHA-256 of each file in a result's bundle, by its path, as the manifest lists it.

    Raises:
        ArtefactMissingError: if the store has lost the bundle, or it can't be read.
    """
    with _reading(result) as bundle:
        listed = json.loads(bundle.read(_MANIFEST))["files"]
        return {entry["path"]: entry["sha256"] for entry in listed}


def rows(result: Result, task: str, *, start: int, count: int) -> Page | None:
    """Return some rows of a task's samples, as lm-eval wrote them.

    Args:
        result: whose.
        task: by lm-eval's name.
        start: how many rows to leave out.
        count: how many to return at most; fewer if they are large, but one at least.

    Returns:
        The rows; None if the bundle has no samples of such a task.

    Raises:
        ArtefactMissingError: if the store has lost the bundle, or it can't be read.
    """
    with _reading(result) as bundle:
        path = f"{_FOLDER}{task}{_ENDING}"
        if path not in bundle:
            return None
        return _page(islice(bundle.lines(path), start, None), count)


def lines(result: Result, task: str) -> Iterator[bytes] | None:
    """Return the lines of a task's samples from the first one on, as they are.

    Returns:
        None if the bundle has no samples of such a task.

    Raises:
        ArtefactMissingError: if the store has lost the bundle, or, on the way, if it can't be read.
    """
    with _reading(result) as bundle:
        path = f"{_FOLDER}{task}{_ENDING}"
        return _lines(result, path) if path in bundle else None


def _lines(result: Result, path: str) -> Iterator[bytes]:
    with _reading(result) as bundle:
        yield from bundle.lines(path)


def _page(lines: Iterator[bytes], count: int) -> Page:
    items: list[dict[str, Any]] = []
    size = 0
    for line in lines:
        if len(items) == count or size > _PAGE_BYTES:
            return Page(items, more=True)
        # JSON has no NaN, and Python writes it.
        items.append(json.loads(line, parse_constant=lambda _: None))
        size += len(line)
    return Page(items, more=False)


@contextmanager
def _reading(result: Result) -> Iterator["StoredBundle"]:
    """Open a result's bundle; whatever is wrong with it, the site's store is at fault."""
    try:
        yield StoredBundle(result.bundle_sha256, result.bundle_size)
    except (BundleError, ValueError, KeyError, TypeError) as error:
        raise store.ArtefactMissingError(result.bundle_sha256, f"can't be read: {error}") from error


class StoredBundle(Bundle):
    """A bundle in the artefact store: only what is asked for is fetched."""

    def __init__(self, digest: str, size: int) -> None:
        """Open a bundle of so many bytes."""
        super().__init__(_members(digest, size), _LIMITS)
        self._digest = digest

    def chunks(self, path: str, size: int = 0) -> Iterator[bytes]:
        """Yield a file's stored bytes, in pieces of the store's choice."""
        member = self.members[path]
        return store.part(self._digest, member.offset, member.size)


@lru_cache(maxsize=64)
def _members(digest: str, size: int) -> list[Member]:
    """Return where a bundle's files lie; its bytes never change, so once is enough."""
    window = io.BufferedReader(_Stored(digest, size), _WINDOW)
    return list(islice(open_tar_members(cast(BinaryIO, window), size, Path()), _LIMITS.files + 1))


class _Stored(io.RawIOBase):
    """An artefact as a file that can be read from anywhere."""

    def __init__(self, digest: str, size: int) -> None:
        self._digest, self._size, self._at = digest, size, 0

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """Reading can begin anywhere."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go somewhere."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, origin + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as there are bytes."""
        length = max(0, min(len(buffer), self._size - self._at))
        data = b"".join(store.part(self._digest, self._at, length))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
