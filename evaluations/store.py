"""The artefact store: bytes under their own SHA-256, on disk or in an S3-compatible service."""

import errno
import hashlib
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import obstore
from django.conf import settings
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from evaluations.errors import AssayError
from evaluations.failures import FailureCode, failure
from evaluations.provenance.bundle import read_chunks

#: A store that is away is said to be away while somebody still waits for the answer.
#: An endpoint without TLS is the operator's own choice, beside the service for instance.
_CLIENT: Any = {"timeout": "60s", "allow_http": True}
_RETRY: Any = {"max_retries": 4, "retry_timeout": timedelta(seconds=30)}
#: Who probes a site asks again in a few seconds, and each question takes a thread.
_PROBE_CLIENT: Any = {"timeout": "3s", "connect_timeout": "3s", "allow_http": True}
_PROBE_RETRY: Any = {"max_retries": 0, "retry_timeout": timedelta(seconds=3)}


class ArtefactMissingError(AssayError):
    """The store does not hold what the database says it holds, or holds other bytes."""

    def __init__(self, digest: str, reason: str) -> None:
        super().__init__(
            FailureCode.ARTEFACT_MISSING,
            f"The artefact sha256:{digest} {reason}.",
            failure(FailureCode.ARTEFACT_MISSING).hint,
        )


class StoreUnavailableError(AssayError):
    """The store can't be reached, or answers with an error of its own; later it may be well."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            FailureCode.STORE_UNAVAILABLE, reason, failure(FailureCode.STORE_UNAVAILABLE).hint
        )


@contextmanager
def _reached() -> Iterator[None]:
    """Turn the object store's errors into our own; its reports may name hosts and keys."""
    try:
        yield
    except FileNotFoundError:
        raise
    except BaseError as error:
        # Of a full disk it tells the text only.
        if "No space left on device" in str(error):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        raise StoreUnavailableError("The artefact store does not answer as it should.") from error


def ping() -> None:
    """Ask the store for anything, once, for a few seconds.

    Raises:
        StoreUnavailableError: if it can't be reached, or doesn't answer in that time.
    """
    with suppress(FileNotFoundError), _reached():
        obstore.head(_store(settings.ASSAY_STORE_URL, probe=True), _key("0" * 64))


@cache
def _store(url: str, *, probe: bool = False) -> ObjectStore:
    parsed = urlparse(url)
    if parsed.scheme == "file":
        folder = Path(unquote(parsed.path))
        folder.mkdir(parents=True, exist_ok=True)
        return LocalStore(folder)
    if probe:
        return from_url(url, client_options=_PROBE_CLIENT, retry_config=_PROBE_RETRY)
    return from_url(url, client_options=_CLIENT, retry_config=_RETRY)


def _key(digest: str) -> str:
    return f"sha256/{digest[:2]}/{digest}"


def put_bytes(data: bytes) -> str:
    """Store some bytes and return their SHA-256."""
    digest = hashlib.sha256(data).hexdigest()
    with _reached():
        obstore.put(_store(settings.ASSAY_STORE_URL), _key(digest), data)
    return digest


def put_file(path: Path) -> str:
    """Store a file, without holding it in memory, and return its SHA-256.

    Raises:
        OSError: if it isn't a plain file (a link could lead anywhere), can't be read, or the disk
            is full.
    """
    if path.is_symlink() or not path.is_file():
        raise OSError(f"{path.name} is not a plain file")
    digest = hashlib.sha256()
    for chunk in read_chunks(path):
        digest.update(chunk)
    with path.open("rb") as file, _reached():
        obstore.put(_store(settings.ASSAY_STORE_URL), _key(digest.hexdigest()), file)
    return digest.hexdigest()


def chunks(digest: str) -> Iterator[bytes]:
    """Yield an artefact's bytes, and hold them against the digest at the end.

    Raises:
        ArtefactMissingError: if it isn't there, or (after the last chunk) if it is corrupt.
    """
    try:
        with _reached():
            found = obstore.get(_store(settings.ASSAY_STORE_URL), _key(digest))
    except FileNotFoundError as error:
        raise ArtefactMissingError(digest, "is not in the store") from error
    seen = hashlib.sha256()
    for data in _stream(found):
        seen.update(data)
        yield data
    if seen.hexdigest() != digest:
        raise ArtefactMissingError(digest, "is corrupt")


def holds(digest: str) -> bool:
    """Whether an artefact is there; its bytes are not read.

    Raises:
        StoreUnavailableError: if the store can't be reached.
    """
    try:
        with _reached():
            obstore.head(_store(settings.ASSAY_STORE_URL), _key(digest))
    except FileNotFoundError:
        return False
    return True


def part(digest: str, start: int, length: int) -> Iterator[bytes]:
    """Yield `length` bytes of an artefact from `start` on, which must lie inside it.

    Unlike `chunks` this can't hold them against the digest.

    Raises:
        ArtefactMissingError: if it isn't there.
    """
    if not length:
        return
    try:
        with _reached():
            found = obstore.get(
                _store(settings.ASSAY_STORE_URL),
                _key(digest),
                options={"range": (start, start + length)},
            )
    except FileNotFoundError as error:
        raise ArtefactMissingError(digest, "is not in the store") from error
    yield from _stream(found)


def parts(digest: str, ranges: Sequence[tuple[int, int]]) -> Sequence[Any]:
    """Return several parts of an artefact, fetched side by side, as objects that hold bytes.

    Args:
        digest: its SHA-256; as with `part` the bytes aren't held against it.
        ranges: start and length of each, inside the artefact.

    Raises:
        ArtefactMissingError: if it isn't there.
    """
    if not ranges:
        return []
    try:
        with _reached():
            found: Sequence[Any] = obstore.get_ranges(
                _store(settings.ASSAY_STORE_URL),
                _key(digest),
                starts=[start for start, _ in ranges],
                lengths=[length for _, length in ranges],
                coalesce=0,
            )
            return found
    except FileNotFoundError as error:
        raise ArtefactMissingError(digest, "is not in the store") from error


def _stream(found: Any) -> Iterator[bytes]:
    pieces = iter(found.stream())
    while True:
        # Not around the loop: what the reader of these bytes raises is none of the store's.
        with _reached():
            piece = next(pieces, None)
        if piece is None:
            return
        yield bytes(piece)


def get_bytes(digest: str) -> bytes:
    """Return an artefact whole; for small ones."""
    return b"".join(chunks(digest))


def save(digest: str, path: Path, *, size: int | None = None) -> None:
    """Write an artefact to a file that appears whole or not at all.

    Args:
        digest: its SHA-256.
        path: the file.
        size: how many bytes it has, where that is known; nothing is written beyond them.

    Raises:
        ArtefactMissingError: if it isn't there, or is corrupt.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own: workers on one host may fetch the same file at the same time.
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with partial.open("wb") as file:
            for chunk in chunks(digest):
                if size is not None and file.tell() + len(chunk) > size:
                    raise ArtefactMissingError(digest, "is corrupt")
                file.write(chunk)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
