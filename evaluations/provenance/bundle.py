"""Writing a bundle: a manifest over a folder, and tar files made of nothing but contents."""

import hashlib
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import zstandard

from evaluations.provenance.canonical import jcs

MANIFEST = "manifest.json"
#: Files and folders that are written after the manifest and therefore cannot be in it.
OUTSIDE_FILES = (MANIFEST, "attestation.dsse.json")
OUTSIDE_FOLDERS = ("proof/", "trust/")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a bundle, as the manifest lists it.

    Attributes:
        path: relative, with forward slashes.
        size: in bytes, as stored.
        sha256: of the stored bytes.
        sha256_uncompressed: of the contents; equal to `sha256` unless the path ends in `.zst`,
            because a compressor's output may change between versions while contents may not.
    """

    path: str
    size: int
    sha256: str
    sha256_uncompressed: str


def manifest_bytes(entries: Iterable[Entry]) -> bytes:
    """Return the canonical manifest over these entries, sorted by path."""
    listed = sorted((asdict(entry) for entry in entries), key=lambda row: str(row["path"]))
    return jcs({"v": 1, "files": listed})


def describe(path: Path, name: str) -> Entry:
    """Hash one file, and its contents too where it is compressed."""
    stored, plain, size = hashlib.sha256(), hashlib.sha256(), 0
    for chunk in read_chunks(path):
        stored.update(chunk)
        size += len(chunk)
    if not name.endswith(".zst"):
        return Entry(name, size, stored.hexdigest(), stored.hexdigest())
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
        while chunk := reader.read(_CHUNK):
            plain.update(chunk)
    return Entry(name, size, stored.hexdigest(), plain.hexdigest())


def write_manifest(root: Path) -> str:
    """Write `manifest.json` over everything below a bundle's root and return its SHA-256."""
    names = sorted(file.relative_to(root).as_posix() for file in root.rglob("*") if file.is_file())
    listed = (n for n in names if n not in OUTSIDE_FILES and not n.startswith(OUTSIDE_FOLDERS))
    entries = [describe(root / name, name) for name in listed]
    data = manifest_bytes(entries)
    (root / MANIFEST).write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def write_tar(root: Path, target: BinaryIO) -> None:
    """Write every file below a folder as a deterministic tar: sorted, dateless, ownerless."""
    names = sorted(file.relative_to(root).as_posix() for file in root.rglob("*") if file.is_file())
    files = ((name, (root / name).stat().st_size, read_chunks(root / name)) for name in names)
    for chunk in stream_tar(files):
        target.write(chunk)


def read_chunks(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes a piece at a time."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def stream_tar(files: Iterable[tuple[str, int, Iterable[bytes]]]) -> Iterator[bytes]:
    """Yield a deterministic tar of `(name, size, chunks)` without holding a file in memory.

    Raises:
        ValueError: if a file's chunks do not add up to its size; the reader sees a broken stream.
    """
    for name, size, chunks in files:
        yield tar_header(name, size)
        sent = 0
        for chunk in chunks:
            sent += len(chunk)
            yield chunk
        if sent != size:
            raise ValueError(f"{name} has {sent} bytes where {size} were promised")
        yield tar_padding(size)
    yield tar_end()


def tar_header(name: str, size: int) -> bytes:
    """Return a POSIX (pax) header with mode 644, no date and no owner."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o644
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def tar_padding(size: int) -> bytes:
    """Return the zero bytes that fill a file's last block."""
    return b"\0" * (-size % tarfile.BLOCKSIZE)


def tar_end() -> bytes:
    """Return the two empty blocks that end an archive."""
    return b"\0" * (2 * tarfile.BLOCKSIZE)
