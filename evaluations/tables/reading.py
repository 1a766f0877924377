"""A Parquet file in the artefact store, of which only the needed columns and rows are fetched."""

import io
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import accumulate
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from evaluations import store

#: Enough for the footer of most tables; the rest of a larger one is fetched when it is known.
_TAIL = 256 << 10
#: Ranges with at most so many bytes between them are one; Arrow's own number is 8 KB.
_NEIGHBOURS = 16 << 10
_MAGIC, _LENGTH_BYTES = b"PAR1", 8


class Table:
    """One stored table.

    Attributes:
        starts: the first row of each group, and at the end the number of rows.
    """

    def __init__(self, digest: str, size: int) -> None:
        """Open a table of so many bytes.

        Raises:
            ArtefactMissingError: if the store has lost it, or it can't be read.
        """
        self._digest, self._size = digest, size
        self._metadata = _metadata(digest, size)
        with reading(digest):
            groups = range(self._metadata.num_row_groups)
            sizes = [self._metadata.row_group(group).num_rows for group in groups]
            self._schema = self._metadata.schema.to_arrow_schema()
        self.starts = [0, *accumulate(sizes)]

    @property
    def names(self) -> list[str]:
        """The columns' names."""
        return list(self._schema.names)

    def columns(self, names: Iterable[str], groups: Sequence[int] | None = None) -> Any:
        """Return columns of some groups of rows, by default of all, as an Arrow table.

        Raises:
            ArtefactMissingError: if the store has lost it, or it can't be read.
        """
        wanted = [name for name in names if name in self._schema.names]
        chosen = range(self._metadata.num_row_groups) if groups is None else groups
        with reading(self._digest):
            if not chosen:
                return pa.schema([self._schema.field(name) for name in wanted]).empty_table()
            ranges = _joined(sorted(self._ranges(set(wanted), chosen)))
            source = _Pieces(self._size, ranges, store.parts(self._digest, ranges))
            file = pq.ParquetFile(source, metadata=self._metadata)
            read = file.read_row_groups(list(chosen), columns=wanted, use_threads=False)
            return read.select(wanted)

    def rows(self, numbers: Sequence[int], names: Iterable[str]) -> list[dict[str, Any]]:
        """Return some rows, which must be there, in the order in which they are asked for."""
        groups = sorted({self.group(number) for number in numbers})
        read = self.columns(names, groups)
        place, before = {}, 0
        for group in groups:
            place[group] = before - self.starts[group]
            before += self.starts[group + 1] - self.starts[group]
        found: list[dict[str, Any]] = read.take(
            pa.array([number + place[self.group(number)] for number in numbers], pa.int64())
        ).to_pylist()
        return found

    def constants(self, name: str) -> list[Any]:
        """Return for each group the value that all its rows have in a column, None if they differ.

        That needs the footer only. A column without statistics, or with nulls, counts as differing.
        """
        index = _leaves(self._metadata).index(name)
        found = []
        for group in range(self._metadata.num_row_groups):
            seen = self._metadata.row_group(group).column(index).statistics
            same = seen is not None and seen.has_min_max and seen.null_count == 0
            found.append(seen.min if same and seen.min == seen.max else None)
        return found

    def group(self, number: int) -> int:
        """Return which group holds a row."""
        return bisect_right(self.starts, number) - 1

    def _ranges(self, wanted: set[str], groups: Iterable[int]) -> Iterator[tuple[int, int]]:
        """Yield where the columns' bytes lie: start and length."""
        leaves = [
            index
            for index, path in enumerate(_leaves(self._metadata))
            if path.removesuffix(".list.element") in wanted
        ]
        for group in groups:
            row_group = self._metadata.row_group(group)
            for index in leaves:
                chunk = row_group.column(index)
                dictionary = chunk.dictionary_page_offset
                first = chunk.data_page_offset
                start = first if dictionary is None else min(first, dictionary)
                yield start, chunk.total_compressed_size


def _joined(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join ranges that nearly touch: a request costs more, and Arrow reads them in one go."""
    joined: list[tuple[int, int]] = []
    for start, length in ranges:
        first, before = joined[-1] if joined else (0, 0)
        if joined and start - (first + before) <= _NEIGHBOURS:
            joined[-1] = (first, start + length - first)
        else:
            joined.append((start, length))
    return joined


def _leaves(metadata: Any) -> list[str]:
    return [metadata.schema.column(index).path for index in range(metadata.num_columns)]


@contextmanager
def reading(digest: str) -> Iterator[None]:
    """Say of a table that can't be read that the site's store is at fault."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        raise store.ArtefactMissingError(digest, f"can't be read: {error}") from error


@lru_cache(maxsize=32)
def _metadata(digest: str, size: int) -> Any:
    """Return a table's footer, parsed; its bytes never change, so once is enough."""
    with reading(digest):
        tail = _tail(digest, size, min(size, _TAIL))
        length = int.from_bytes(tail[-_LENGTH_BYTES:-4], "little") + _LENGTH_BYTES
        if tail[-4:] != _MAGIC or length > size:
            raise ValueError("it is no Parquet file")
        if length > len(tail):
            tail = _tail(digest, size, length)
        return pq.read_metadata(_Pieces(size, [(size - len(tail), len(tail))], [tail]))


def _tail(digest: str, size: int, length: int) -> bytes:
    return b"".join(store.part(digest, size - length, length))


class _Pieces(io.RawIOBase):
    """A file of which only some ranges are held; asking for others is an error."""

    def __init__(self, size: int, ranges: Sequence[tuple[int, int]], held: Sequence[Any]) -> None:
        self._size, self._at = size, 0
        self._starts = [start for start, _ in ranges]
        self._held = held

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """Reading can begin anywhere."""
        return True

    def tell(self) -> int:
        """Return where reading goes on."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go somewhere."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, origin + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        length = max(0, self._size - self._at)
        length = length if size < 0 else min(size, length)
        index = bisect_right(self._starts, self._at) - 1
        start = self._at - self._starts[index] if index >= 0 else 0
        data = bytes(memoryview(self._held[index])[start : start + length]) if index >= 0 else b""
        if len(data) < length:
            raise OSError("bytes were asked for that nobody fetched")
        self._at += length
        return data
