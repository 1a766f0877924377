"""Safe reading of a bundle (check 1): nothing is written to disk, nothing is held that is large."""

import hashlib
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

import zstandard

from evaluations.provenance.members import (
    BundleError,
    Limits,
    Member,
    NotABundleError,
    index_members,
)
from evaluations.provenance.tarball import tar_members

_CHUNK = 1 << 20
#: A zstd block of four bytes can hold 128 KiB, so this is what bounds one step to 32 MiB.
_ZSTD_PIECE = 1 << 10
#: zstd's own default limit; files at the levels that we write need far less.
_ZSTD_WINDOW = 1 << 27


class Bundle:
    """The files of a bundle by path, read where they lie, whether in a tar or in a folder.

    Attributes:
        members: every file, sorted by path.
        limits: what its reader is willing to spend.
    """

    def __init__(self, members: Iterable[Member], limits: Limits) -> None:
        self.limits = limits
        self.members = index_members(members, limits)
        self._plain_digests: dict[str, str] = {}

    def __contains__(self, path: str) -> bool:
        return path in self.members

    def read(self, path: str) -> bytes:
        """Return a whole file, which must not be larger than `limits.json_size`."""
        size = self.members[path].size
        if size > self.limits.json_size:
            raise BundleError(f"{path} has {size} bytes, more than {self.limits.json_size}")
        return b"".join(self.chunks(path))

    def chunks(self, path: str, size: int = _CHUNK) -> Iterator[bytes]:
        """Yield a file's stored bytes a piece at a time."""
        member = self.members[path]
        left = member.size
        try:
            with member.file.open("rb") as file:
                file.seek(member.offset)
                while left and (chunk := file.read(min(size, left))):
                    left -= len(chunk)
                    yield chunk
        except OSError as error:
            raise BundleError(f"{path} cannot be read: {error.strerror or error}") from None
        if left:
            raise BundleError(f"{path} ends early: the bundle changed while it was read")

    def plain_chunks(self, path: str) -> Iterator[bytes]:
        """Yield a file's contents, decompressed where its name ends in `.zst`.

        Raises:
            BundleError: for broken, cut off or doubled zstd data, and for a decompression bomb.
        """
        if not path.endswith(".zst"):
            yield from self.chunks(path)
            return
        reader = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
        plain, digest = 0, hashlib.sha256()
        try:
            for chunk in self.chunks(path):
                for piece in _pieces(chunk):
                    out = reader.decompress(piece) if not reader.eof else piece
                    if reader.eof and (reader.unused_data or out is piece):
                        raise BundleError(f"{path} has bytes after its compressed data")
                    plain += len(out)
                    self._check_ratio(path, plain)
                    digest.update(out)
                    yield out
        except (zstandard.ZstdError, MemoryError) as error:
            raise BundleError(f"{path} cannot be decompressed: {error}") from None
        if not reader.eof:
            raise BundleError(f"{path} is cut off: its compressed data has no end")
        self._plain_digests[path] = digest.hexdigest()

    def plain_digest(self, path: str) -> str:
        """Return the SHA-256 of a compressed file's contents, from when it was read, if it was.

        Raises:
            BundleError: as `plain_chunks`.
        """
        if path not in self._plain_digests:
            for _ in self.plain_chunks(path):
                pass
        return self._plain_digests[path]

    def _check_ratio(self, path: str, plain: int) -> None:
        limits, stored = self.limits, self.members[path].size
        if plain > limits.plain_size:
            raise BundleError(f"{path} decompresses to more than {limits.plain_size} bytes")
        if plain > limits.ratio_from and plain > limits.ratio * stored:
            raise BundleError(f"{path} is a decompression bomb: over {limits.ratio} times its size")

    def lines(self, path: str) -> Iterator[bytes]:
        """Yield a file's lines without their line feeds; each line must have one.

        Raises:
            BundleError: for a line that is too long or has no end.
        """
        parts: list[bytes] = []
        held = 0
        for chunk in self.plain_chunks(path):
            begin = 0
            while (end := chunk.find(b"\n", begin)) >= 0:
                parts.append(chunk[begin:end])
                self._check_line(path, held + end - begin)
                yield b"".join(parts)
                parts, held, begin = [], 0, end + 1
            parts.append(chunk[begin:])
            held += len(chunk) - begin
            self._check_line(path, held)
        if held:
            raise BundleError(f"the last line of {path} has no end")

    def _check_line(self, path: str, size: int) -> None:
        if size > self.limits.line_size:
            raise BundleError(f"{path} has a line of more than {self.limits.line_size} bytes")


def open_bundle(source: Path, limits: Limits | None = None) -> Bundle:
    """Index a bundle: a tar file, or the folder it was unpacked to.

    Raises:
        NotABundleError: if there is no tar and no folder, or no `manifest.json` inside.
        BundleError: if it is one, but broken or hostile.
    """
    try:
        members = folder_members(source) if source.is_dir() else tar_members(source)
        bundle = Bundle(members, limits or Limits())
    except OSError as error:
        raise NotABundleError(f"{source} cannot be read: {error.strerror or error}") from None
    if "manifest.json" not in bundle:
        raise NotABundleError(f"{source.name or source} holds no manifest.json")
    return bundle


def folder_members(root: Path) -> Iterator[Member]:
    """Yield every file below a folder.

    Raises:
        BundleError: for links, devices and names that are not UTF-8.
    """
    pending = [root]
    while pending:
        folder = pending.pop()
        for file in sorted(folder.iterdir()):
            name, status = file.relative_to(root).as_posix(), file.lstat()
            if stat.S_ISDIR(status.st_mode):
                pending.append(file)
            elif stat.S_ISREG(status.st_mode):
                yield Member(name, status.st_size, file, 0)
            else:
                raise BundleError(
                    f"{name!r} is a link or a device; a bundle holds regular files only"
                )


def _pieces(chunk: bytes) -> Iterator[bytes]:
    for start in range(0, len(chunk), _ZSTD_PIECE):
        yield chunk[start : start + _ZSTD_PIECE]
