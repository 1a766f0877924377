"""The files of a bundle: where their bytes are, which names they may have, and what size."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from evaluations.errors import AssayError

_MAX_NAME = 1024


class BundleError(AssayError):
    """The bundle is broken or hostile: check 1 fails."""

    def __init__(self, detail: str, hint: str = "", code: str = "unsafe_bundle") -> None:
        super().__init__(code, detail, hint)


class NotABundleError(BundleError):
    """The input is no bundle at all, so there is nothing to check (exit code 2)."""

    def __init__(self, detail: str) -> None:
        hint = "Give the bundle.tar of a result, the folder it was unpacked to, or its address."
        super().__init__(detail, hint, code="not_a_bundle")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a bundle may cost its reader; all sizes are in bytes.

    Attributes:
        files: number of files.
        file_size: of one file, as stored.
        total_size: of all files, as stored.
        plain_size: of one file, decompressed.
        ratio: decompressed to stored, once a file is larger than `ratio_from`. Few-shot prompts
            repeat themselves: 33 is common and some hundreds are honest; a bomb has 10,000 or more.
        ratio_from: below this decompressed size the ratio is not looked at.
        line_size: of one line of a samples file.
        json_size: of one JSON file, which is held in memory.
    """

    files: int = 10_000
    file_size: int = 16 << 30
    total_size: int = 32 << 30
    plain_size: int = 64 << 30
    ratio: int = 1000
    ratio_from: int = 64 << 20
    line_size: int = 64 << 20
    json_size: int = 64 << 20


@dataclass(frozen=True, slots=True)
class Member:
    """One regular file: `size` bytes at `offset` of `file`."""

    path: str
    size: int
    file: Path
    offset: int


def index_members(members: Iterable[Member], limits: Limits) -> dict[str, Member]:
    """Return the members by path, sorted.

    Raises:
        BundleError: for an unsafe or doubled name, a name that is a file and a folder, or too much.
    """
    found: dict[str, Member] = {}
    total = 0
    for member in members:
        check_name(member.path)
        if member.path in found:
            raise BundleError(f"{member.path} occurs twice in the bundle")
        found[member.path] = member
        total += member.size
        _check_sizes(member, len(found), total, limits)
    _check_folders(found)
    return dict(sorted(found.items()))


def check_name(path: str) -> None:
    """Refuse a path that is not relative, normalised and printable.

    Raises:
        BundleError: with the path in its message, escaped.
    """
    parts = path.split("/")
    if any(part in {"", ".", ".."} for part in parts):
        raise BundleError(
            f"the path {path!r} is absolute, not normalised or leads out of the bundle"
        )
    if "\\" in path or ":" in parts[0] or not path.isprintable() or len(path) > _MAX_NAME:
        raise BundleError(
            f"the path {path[:100]!r} has characters that a bundle's paths may not have"
        )


def _check_sizes(member: Member, count: int, total: int, limits: Limits) -> None:
    if count > limits.files:
        raise BundleError(f"the bundle has more than {limits.files} files")
    if member.size > limits.file_size:
        raise BundleError(f"{member.path} has {member.size} bytes, more than {limits.file_size}")
    if total > limits.total_size:
        raise BundleError(f"the bundle's files have more than {limits.total_size} bytes together")


def _check_folders(found: dict[str, Member]) -> None:
    for path in found:
        parts = path.split("/")
        for depth in range(1, len(parts)):
            folder = "/".join(parts[:depth])
            if folder in found:
                raise BundleError(f"{folder} is a file and also the folder of {path}")
