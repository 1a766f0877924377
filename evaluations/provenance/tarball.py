"""Reading a tar's table of contents, strictly, without unpacking anything.

The standard library's reader is made to be lenient: it stops silently at the first broken header,
so that data behind it stays unseen, and it follows links and extensions that a bundle never has.
This one knows two kinds of entries, regular files and pax headers with `path` and `size`
(POSIX.1-2001, pax interchange format), and refuses everything else.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from evaluations.provenance.members import BundleError, Member, NotABundleError

_BLOCK = 512
_ZEROS = bytes(_BLOCK)
_MAX_PAX = 64 << 10
_MAX_PADDING = 1 << 20
_KINDS = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a device",
    b"4": "a device",
    b"5": "a folder",
    b"6": "a pipe",
}
#: Pax keys that say nothing about contents; all others, such as sparse maps, are refused.
_HARMLESS = {"atime", "ctime", "mtime", "uid", "gid", "uname", "gname", "comment"}


def tar_members(path: Path) -> Iterator[Member]:
    """Yield the regular files of a tar in the archive's order.

    Raises:
        NotABundleError: if the first block is no tar header.
        BundleError: for a broken header, an entry that is no regular file, bytes after the end or
            an end that is missing.
    """
    with path.open("rb") as file:
        yield from open_tar_members(file, os.fstat(file.fileno()).st_size, path)


def open_tar_members(file: BinaryIO, size: int, path: Path) -> Iterator[Member]:
    """Yield the regular files of an open tar of so many bytes, as `tar_members` does."""
    extended: dict[str, str] = {}
    while (header := _block(file, size)) != _ZEROS:
        _check_header(header, first=file.tell() == _BLOCK)
        if header[156:157] == b"x" and not extended:
            extended = _pax(_body(file, header, size))
            continue
        yield _member(path, file, header, extended, size)
        extended = {}
    _check_end(file, dangling=bool(extended))


def _block(file: BinaryIO, size: int) -> bytes:
    block = file.read(_BLOCK)
    if len(block) == _BLOCK:
        return block
    if size < _BLOCK:
        raise NotABundleError(f"it has only {size} bytes and is no tar file")
    raise BundleError("the tar file is cut off: its end is missing", "Download it again.")


def _check_header(header: bytes, *, first: bool) -> None:
    plain = header[:148] + b" " * 8 + header[156:]
    if _octal(header[148:156]) == sum(plain) and header[257:262] == b"ustar":
        return
    if first:
        raise NotABundleError("it is no tar file: its first block is no tar header")
    raise BundleError("the tar file has a broken header, or bytes that belong to no file")


def _octal(field: bytes) -> int:
    digits = field.strip(b" \0")
    if not digits or any(digit not in b"01234567" for digit in digits):
        return -1
    return int(digits, 8)


def _member(
    path: Path, file: BinaryIO, header: bytes, extended: dict[str, str], end: int
) -> Member:
    kind, name = header[156:157], extended.get("path") or _name(header)
    if kind not in {b"0", b"\0"}:
        what = _KINDS.get(kind, f"an entry of type {kind!r}")
        raise BundleError(f"{name!r} is {what}; a bundle holds regular files only")
    size = _size(header, extended)
    offset = file.tell()
    _skip(file, name, size, end)
    return Member(name, size, path, offset)


def _name(header: bytes) -> str:
    name, prefix = header[:100].split(b"\0")[0], header[345:500].split(b"\0")[0]
    try:
        return (prefix + b"/" + name if prefix else name).decode()
    except UnicodeDecodeError:
        raise BundleError(f"the name {name!r} is not UTF-8") from None


def _size(header: bytes, extended: dict[str, str]) -> int:
    text = extended.get("size")
    if text is None:
        size = _octal(header[124:136])
    else:
        size = int(text) if text.isascii() and text.isdigit() and len(text) < _BLOCK else -1
    if size < 0:
        raise BundleError(f"{_name(header)!r} has no readable size")
    return size


def _skip(file: BinaryIO, name: str, size: int, end: int) -> None:
    if file.tell() + size > end:
        raise BundleError(f"the tar file is cut off inside {name!r}", "Download it again.")
    file.seek(size, os.SEEK_CUR)
    if any(file.read(-size % _BLOCK)):
        raise BundleError(f"there are bytes between {name!r} and the next file")


def _body(file: BinaryIO, header: bytes, end: int) -> bytes:
    size, start = _size(header, {}), file.tell()
    if size > _MAX_PAX:
        raise BundleError(f"a pax header of {size} bytes is more than {_MAX_PAX}")
    _skip(file, "a pax header", size, end)
    after = file.tell()
    file.seek(start)
    body = file.read(size)
    file.seek(after)
    return body


def _pax(body: bytes) -> dict[str, str]:
    """Read the records of a pax header, each of them `length key=value` and a line feed."""
    records: dict[str, str] = {}
    while body:
        digits, space, _ = body[:8].partition(b" ")
        length = int(digits) if space and digits.isdigit() else 0
        record, body = body[:length], body[length:]
        key, equals, value = record[len(digits) + 1 : -1].partition(b"=")
        if not equals or len(record) != length or record[-1:] != b"\n":
            raise BundleError("a pax header is broken")
        _keep(records, key, value)
    return records


def _keep(records: dict[str, str], key: bytes, value: bytes) -> None:
    try:
        name, text = key.decode(), value.decode()
    except UnicodeDecodeError:
        raise BundleError("a pax header is not UTF-8") from None
    if name in records or name not in _HARMLESS | {"path", "size"}:
        raise BundleError(f"a pax header says {name!r}, which a bundle's files do not need")
    records[name] = text


def _check_end(file: BinaryIO, *, dangling: bool) -> None:
    rest = file.read(_MAX_PADDING + 1)
    if dangling or len(rest) < _BLOCK:
        raise BundleError("the tar file is cut off: its end is missing", "Download it again.")
    if len(rest) > _MAX_PADDING or any(rest):
        raise BundleError("there are bytes after the end of the tar file")
