"""Parts of a file that is made of pieces: the header `Range`, a single range (RFC 9110, 14)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from django.http import HttpRequest

from evaluations import store

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII)


class NotSatisfiableError(Exception):
    """The range begins behind the end."""


@dataclass(frozen=True, slots=True)
class Span:
    """Some bytes of a file."""

    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Piece:
    """So many bytes of a file: an artefact's, or those given."""

    size: int
    data: bytes = b""
    digest: str = ""

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Return a piece that consists of these bytes."""
        return cls(len(data), data)


def stream(pieces: Iterable[Piece]) -> Iterator[bytes]:
    """Yield all bytes; artefacts are held against their digests.

    Raises:
        ArtefactMissingError: if the store has lost an artefact, or it is corrupt.
    """
    for piece in pieces:
        if piece.digest:
            yield from store.chunks(piece.digest)
        elif piece.data:
            yield piece.data


def cut(pieces: Iterable[Piece], wanted: Span) -> Iterator[bytes]:
    """Yield the bytes of a span.

    Raises:
        ArtefactMissingError: if the store has lost an artefact that it touches.
    """
    begin, end = wanted.start, wanted.start + wanted.length
    for piece in pieces:
        first, last = max(begin, 0), min(end, piece.size)
        if first < last and piece.digest:
            yield from store.part(piece.digest, first, last - first)
        elif first < last:
            yield piece.data[first:last]
        begin, end = begin - piece.size, end - piece.size


def span(request: HttpRequest, *, size: int, etag: str) -> Span | None:
    """Return which part a reader asks for; None for the whole file.

    What is no single range of bytes is left aside, as the RFC allows.

    Raises:
        NotSatisfiableError: if the part lies behind the end.
    """
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is None or request.headers.get("If-Range", etag) != etag:
        return None
    first, last = asked.groups()
    if not (first or last) or (first and last and int(last) < int(first)):
        return None
    start = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    if start >= end:
        raise NotSatisfiableError
    return Span(start, end - start)
