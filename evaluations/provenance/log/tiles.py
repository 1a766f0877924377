"""A log as static files (C2SP tlog-tiles v0.1.0): tiles of 256 hashes, and bundles of entries.

A tile of level L holds the hashes of complete subtrees of 256**L leaves. At the right edge tiles
and bundles are partial, and named by their width.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from hashlib import sha256
from itertools import islice

from evaluations.provenance.log.tree import (
    ProofError,
    consistency_proof,
    inclusion_proof,
    range_root,
)
from evaluations.provenance.merkle import EMPTY_ROOT, leaf_hash, node_hash

#: Returns a file of the log by its path; raises LookupError if there is none.
Read = Callable[[str], bytes]

WIDTH = 256
_HEIGHT = 8
_DIGEST_BYTES = 32
#: What two bytes of length can say.
MOST_ENTRY_BYTES = 0xFFFF
#: Enough for the paths of many proofs: some hundred kilobytes.
_KEPT_NODES, _KEPT_TILES = 4096, 64


class TileError(ValueError):
    """A tile or a bundle is not what its path says, or is missing."""


def tile_path(level: int, n: int, width: int = WIDTH) -> str:
    """Return the path of a tile below the log's address, as in `tile/0/x001/234.p/5`."""
    return f"tile/{level}/{_number(n)}{_partial(width)}"


def entries_path(n: int, width: int = WIDTH) -> str:
    """Return the path of a bundle of entries, as in `tile/entries/x001/234.p/5`."""
    return f"tile/entries/{_number(n)}{_partial(width)}"


def _number(n: int) -> str:
    groups = [f"{n % 1000:03d}"]
    while n := n // 1000:
        groups.append(f"x{n % 1000:03d}")
    return "/".join(reversed(groups))


def _partial(width: int) -> str:
    if not 1 <= width <= WIDTH:
        raise TileError(f"A tile is 1 to {WIDTH} wide, not {width}.")
    return "" if width == WIDTH else f".p/{width}"


def tile_width(level: int, n: int, size: int) -> int:
    """Return how wide a tile is in a log of this size; 0 if it has none."""
    return max(0, min(WIDTH, (size >> (_HEIGHT * level)) - WIDTH * n))


def tile_counts(size: int) -> list[int]:
    """Return how many tiles each level has, partial ones included, from level 0 up."""
    counts = []
    while size:
        counts.append(-(-size // WIDTH))
        size //= WIDTH
    return counts


def paths(size: int) -> Iterator[str]:
    """Return the path of every file that a log of this size consists of, but its checkpoint."""
    for level, count in enumerate(tile_counts(size)):
        for n in range(count):
            width = tile_width(level, n, size)
            if level == 0:
                yield entries_path(n, width)
            yield tile_path(level, n, width)


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Return entries as a bundle: each with its length before it, two bytes, big-endian.

    Raises:
        TileError: if an entry is too long.
    """
    parts = []
    for entry in entries:
        if len(entry) > MOST_ENTRY_BYTES:
            raise TileError(f"An entry of {len(entry)} bytes is too long for a log.")
        parts += [len(entry).to_bytes(2, "big"), entry]
    return b"".join(parts)


def decode_bundle(data: bytes, width: int) -> list[bytes]:
    """Return the entries of a bundle.

    Raises:
        TileError: if it has not exactly so many, or ends in the middle of one.
    """
    entries: list[bytes] = []
    place = 0
    while place < len(data):
        begin = place + 2
        place = begin + int.from_bytes(data[place:begin], "big")
        if begin > len(data) or place > len(data):
            raise TileError(f"The bundle ends within its entry {len(entries)}.")
        entries.append(data[begin:place])
        if len(entries) > width:
            raise TileError(f"The bundle has more than {width} entries.")
    if len(entries) != width:
        raise TileError(f"The bundle has {len(entries)} entries instead of {width}.")
    return entries


class Tiles:
    """A log of one size, read from its files.

    Nothing read is believed by itself: compare `root` with a checkpoint, and check the proofs.
    """

    def __init__(self, read: Read, size: int) -> None:
        """Take what reads a file by its path (LookupError if there is none), and the size."""
        self.size = size
        self._read = read
        self._node = lru_cache(_KEPT_NODES)(self._made)
        self._tile = lru_cache(_KEPT_TILES)(self.tile)

    def hash(self, level: int, index: int) -> bytes:
        """Return the hash of the complete subtree (level, index).

        Raises:
            TileError: if a tile is missing or malformed.
            ProofError: if the log has no such subtree.
        """
        if level < 0 or not 0 <= index < self.size >> level:
            raise ProofError(f"There is no subtree {index} of level {level} in {self.size} leaves.")
        return self._node(level, index)

    def root(self) -> bytes:
        """Return the root of the whole log."""
        return range_root(0, self.size, self.hash)

    def inclusion(self, index: int) -> list[bytes]:
        """Return the inclusion proof of a leaf."""
        return inclusion_proof(index, self.size, self.hash)

    def consistency(self, old: int) -> list[bytes]:
        """Return the proof that the log began with its first `old` leaves."""
        return consistency_proof(old, self.size, self.hash)

    def entries(self, first: int, count: int) -> Iterator[bytes]:
        """Yield entries in order.

        Raises:
            TileError: if a bundle is missing or malformed.
            ProofError: if the log has not so many entries.
        """
        last = first + count
        if first < 0 or count < 0 or last > self.size:
            raise ProofError(f"There are no entries {first} to {last - 1} in {self.size}.")
        for n in range(first // WIDTH, -(-last // WIDTH) if count else 0):
            start = n * WIDTH
            yield from self.bundle(n)[max(0, first - start) : last - start]

    def bundle(self, n: int) -> list[bytes]:
        """Return the entries of one bundle, 256 or, of the last one, what there is.

        Raises:
            TileError: if it is missing or malformed.
        """
        width = tile_width(0, n, self.size)
        path = entries_path(n, width)
        data, whole = _file(self._read, path)
        try:
            return decode_bundle(data, WIDTH if whole else width)[:width]
        except TileError as error:
            raise TileError(f"{path}: {error}") from None

    def tile(self, level: int, n: int) -> bytes:
        """Return a tile, 32 bytes for each hash.

        Raises:
            TileError: if it is missing or has another length.
        """
        width = tile_width(level, n, self.size)
        return read_tile(self._read, tile_path(level, n, width), width)

    def partial_tile(self, level: int) -> bytes:
        """Return the tile at the right edge of a level, empty if the last one there is full."""
        hashes = self.size >> _HEIGHT * level
        return self.tile(level, hashes // WIDTH) if hashes % WIDTH else b""

    def _made(self, level: int, index: int) -> bytes:
        if level % _HEIGHT:
            return node_hash(self._node(level - 1, 2 * index), self._node(level - 1, 2 * index + 1))
        place = index % WIDTH * _DIGEST_BYTES
        return self._tile(level // _HEIGHT, index // WIDTH)[place : place + _DIGEST_BYTES]


def read_tile(read: Read, path: str, width: int) -> bytes:
    """Return the hashes of a tile, which may be cut out of the full one.

    Raises:
        TileError: if it is missing or has another length.
    """
    data, whole = _file(read, path)
    wanted = (WIDTH if whole else width) * _DIGEST_BYTES
    if len(data) != wanted:
        raise TileError(f"{path} has {len(data)} bytes instead of {wanted}.")
    return data[: width * _DIGEST_BYTES]


def _file(read: Read, path: str) -> tuple[bytes, bool]:
    """Return a file, and whether it is full: once it is, a log may drop the partial ones."""
    full_path, partial, _ = path.partition(".p/")
    try:
        return read(path), not partial
    except LookupError:
        if not partial:
            raise TileError(f"{path} is missing.") from None
    try:
        return read(full_path), True
    except LookupError:
        raise TileError(f"{path} is missing.") from None


class Growth(Iterator[tuple[str, bytes]]):
    """The files that change when entries are added, as (path, content), one at a time.

    Write and sync them all before a checkpoint of the new size is signed. Full tiles come as they
    fill, partial ones last. Memory does not depend on how many entries there are.

    Attributes:
        size: the log's, with what has been added so far.
        old_root: the root before, of what was read; compare it with the last checkpoint signed.
    """

    def __init__(self, old_size: int, leaves: Iterable[bytes], read: Read) -> None:
        """Read the right edge of a log of `old_size` entries; `grow` says more."""
        self.size = old_size
        before = Tiles(read, old_size)
        levels = range(max(1, len(tile_counts(old_size))))
        #: For each level the hashes of its partial tile, which may have none.
        self._open = [bytearray(before.partial_tile(level)) for level in levels]
        self._changed = {0}
        self._bundle = bytearray()
        if old_size % WIDTH:
            self._take_bundle(before.bundle(old_size // WIDTH))
        self.old_root = self.root
        self._files = self._grown(iter(leaves))

    def __next__(self) -> tuple[str, bytes]:
        """Return the next file."""
        return next(self._files)

    @property
    def root(self) -> bytes:
        """The root of what has been added so far; the new one once all files were taken."""
        root = b""
        for hashes in self._open:
            for peak in _peaks(hashes):
                root = node_hash(peak, root) if root else peak
        return root or EMPTY_ROOT

    def _take_bundle(self, entries: list[bytes]) -> None:
        if b"".join(map(leaf_hash, entries)) != self._open[0]:
            raise TileError("The last bundle's entries do not belong to the last tile.")
        self._bundle += encode_bundle(entries)

    def _grown(self, leaves: Iterator[bytes]) -> Iterator[tuple[str, bytes]]:
        old_size = self.size
        while chunk := list(islice(leaves, WIDTH - self.size % WIDTH)):
            self._bundle += encode_bundle(chunk)
            # As leaf_hash does, without its call: a million times.
            self._open[0] += b"".join([sha256(b"\0" + leaf).digest() for leaf in chunk])
            self.size += len(chunk)
            if self.size % WIDTH == 0:
                yield entries_path(self.size // WIDTH - 1), bytes(self._bundle)
                self._bundle.clear()
                yield from self._filled()
        if self.size > old_size:
            yield from self._partial()

    def _filled(self) -> Iterator[tuple[str, bytes]]:
        """Yield the tiles that are full now, each of which is a hash of the level above."""
        for level, hashes in enumerate(self._open):
            if len(hashes) < WIDTH * _DIGEST_BYTES:
                return
            yield tile_path(level, (self.size >> _HEIGHT * (level + 1)) - 1), bytes(hashes)
            if level + 1 == len(self._open):
                self._open.append(bytearray())
            self._open[level + 1] += _joined(hashes)
            self._changed.add(level + 1)
            hashes.clear()

    def _partial(self) -> Iterator[tuple[str, bytes]]:
        if self._bundle:
            path = entries_path(self.size // WIDTH, self.size % WIDTH)
            yield path, bytes(self._bundle)
        for level in sorted(self._changed):
            hashes = self._open[level]
            if hashes:
                n = self.size >> _HEIGHT * (level + 1)
                yield tile_path(level, n, len(hashes) // _DIGEST_BYTES), bytes(hashes)


def grow(old_size: int, leaves: Iterable[bytes], read: Read) -> Growth:
    """Add entries to a log of `old_size` entries.

    Args:
        old_size: 0 for a new log.
        leaves: the entries' bytes, in order; taken as they are needed.
        read: returns a file of the log as it is (LookupError if there is none); only the partial
            files at its right edge are read.

    Returns:
        An iterator over the new and changed files; afterwards its `root` and `size` are the new
        ones.

    Raises:
        TileError: here if what is read is malformed; from the iterator if an entry is too long.
    """
    return Growth(old_size, leaves, read)


def _joined(hashes: bytes | bytearray) -> bytes:
    """Return the root over a power of two of hashes."""
    while len(hashes) > _DIGEST_BYTES:
        pairs = range(0, len(hashes), 2 * _DIGEST_BYTES)
        # As node_hash does, without its call: half of all the time goes here.
        hashes = b"".join([sha256(b"\1" + hashes[i : i + 64]).digest() for i in pairs])
    return bytes(hashes)


def _peaks(hashes: bytearray) -> Iterator[bytes]:
    """Yield the roots of the largest complete subtrees that hashes make, the last one first."""
    left = len(hashes) // _DIGEST_BYTES
    while left:
        width = left & -left
        yield _joined(hashes[(left - width) * _DIGEST_BYTES : left * _DIGEST_BYTES])
        left -= width
