"""A revision's files on this host: fetched once, each held against its digests, then shared."""

import errno
import hashlib
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from evaluations import store
from evaluations.enums import ModelSource
from evaluations.failures import FailureCode
from evaluations.hub import models as hub
from evaluations.hub.client import Deadline, model_info
from evaluations.model_files import Listed, refusal
from evaluations.models import Revision
from evaluations.provenance.bundle import read_chunks
from evaluations.services.models import record_digests
from workers import model_cache
from workers.background import in_background
from workers.download import Download
from workers.model_cache import LeftError


def fetch_model(revision: Revision, slot: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Bring a revision's files to this host and into a slot's folder `model/`.

    Yields at least once a second, so that the worker can renew its lease. Nothing stands in the
    folder that is not whole and as recorded; what is recorded for the first time is what the hub
    lists for the commit.

    Args:
        revision: its files get their digests, here and in the database.
        slot: the folder of a run.
        say: writes a line to the run's log.

    Raises:
        ArtefactMissingError: if the store lacks a file of a `local:` model, or it is corrupt.
        AssayError: what the hub refuses, or what `download_*` codes say.
        OSError: if the disk is full.
    """
    model_cache.use(revision.commit, slot)
    source = _source(revision)
    digests = yield from in_background(lambda left: _bring(source, left, say))
    if any(file["sha256"] != digests[file["path"]] for file in revision.files):
        record_digests(revision, digests)
    cache = model_cache.folder(revision.commit)
    for file in revision.files:
        model_cache.share(cache / file["path"], slot / "model" / file["path"])
        yield
        say(f"model file {file['path']} {file['size']} bytes sha256 {file['sha256']} ok")


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the bytes of a revision come from. Plain values: a thread has no database."""

    name: str
    commit: str
    is_hub: bool
    files: tuple[Listed, ...]


def _source(revision: Revision) -> _Source:
    return _Source(
        name=revision.model.name,
        commit=revision.commit,
        is_hub=revision.model.source == ModelSource.HUB,
        files=tuple(Listed(f["path"], f["size"], f["sha256"]) for f in revision.files),
    )


def _bring(source: _Source, left: threading.Event, say: Callable[[str], None]) -> dict[str, str]:
    """Fetch what is missing or spoilt, and return every file's SHA-256 by path."""
    with model_cache.sole(source.commit, left):
        whole = {f.path: digest for f in source.files if (digest := _whole(source, f, left))}
        missing = [file for file in source.files if file.path not in whole]
        if missing:
            say(f"fetching {len(missing)} files, {sum(file.size for file in missing)} bytes")
            _make_room(source, sum(file.size for file in missing))
            for file in _with_digests(source, missing):
                whole[file.path] = _fetch(source, file, left)
            shutil.rmtree(model_cache.partial(source.commit), ignore_errors=True)
        return whole


def _whole(source: _Source, file: Listed, left: threading.Event) -> str:
    """Return the SHA-256 of a file that lies in the cache as it should be, or an empty text."""
    path = model_cache.folder(source.commit) / file.path
    # Before its digest is recorded nobody knows what it should be, so it is fetched again.
    if not file.sha256 or not path.is_file() or path.stat().st_size != file.size:
        return ""
    sha256, _ = _digests(path, left)
    return sha256 if sha256 == file.sha256 else ""


def _make_room(source: _Source, size: int) -> None:
    begun = model_cache.partial(source.commit)
    left = size - sum(path.stat().st_size for path in begun.glob("*"))
    model_cache.make_room(left)
    free = shutil.disk_usage(settings.VAR).free
    if left > free:
        # Before anything is downloaded in vain.
        raise OSError(errno.ENOSPC, f"{left} bytes are needed for the model and {free} are free")


def _with_digests(source: _Source, missing: list[Listed]) -> list[Listed]:
    """Ask the hub what files should be whose digest isn't recorded yet."""
    if not source.is_hub or all(file.sha256 for file in missing):
        return missing
    listed = hub.listing(model_info(source.name, source.commit, Deadline()))
    return [_agreed(source, file, listed) for file in missing]


def _agreed(source: _Source, file: Listed, listed: Mapping[str, Listed]) -> Listed:
    """Return a file with the hub's digests, which must not differ from what was checked."""
    now = listed.get(file.path)
    changed = now is None or now.size != file.size
    if now is None or changed or (file.sha256 and now.sha256 != file.sha256):
        raise refusal(
            FailureCode.DOWNLOAD_CORRUPT,
            f"The hub lists another {file.path} for {source.commit} than when it was checked.",
        )
    return now


def _fetch(source: _Source, file: Listed, left: threading.Event) -> str:
    """Fetch one file, hold it against its digests, and put it in its place."""
    if left.is_set():
        raise LeftError
    target = model_cache.folder(source.commit) / file.path
    if not source.is_hub:
        store.save(file.sha256, target, size=file.size)
        target.chmod(0o444)
        return file.sha256
    begun = model_cache.partial(source.commit) / file.path
    Download(source.name, source.commit, file, begun, left).run()
    sha256, blob_id = _digests(begun, left)
    wrong = (file.sha256 and sha256 != file.sha256) or (file.blob_id and blob_id != file.blob_id)
    if wrong or not (file.sha256 or file.blob_id):
        begun.unlink()
        raise refusal(
            FailureCode.DOWNLOAD_CORRUPT,
            f"{file.path} came with another digest than the hub lists.",
        )
    begun.chmod(0o444)
    begun.replace(target)
    return sha256


def _digests(path: Path, left: threading.Event) -> tuple[str, str]:
    """Return a file's SHA-256, and the SHA-1 that Git gives a blob with these contents."""
    sha256 = hashlib.sha256()
    blob = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    for chunk in read_chunks(path):
        if left.is_set():
            raise LeftError
        sha256.update(chunk)
        blob.update(chunk)
    return sha256.hexdigest(), blob.hexdigest()
