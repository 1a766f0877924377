"""The log as it is now, where it can be read: only that what is compared is never believed."""

from collections.abc import Iterator
from functools import cached_property

from evaluations.provenance.checks.outcome import CheckFailedError
from evaluations.provenance.checks.signed import Signed
from evaluations.provenance.log.checkpoint import Checkpoint
from evaluations.provenance.log.note import MOST_BYTES
from evaluations.provenance.log.tiles import TileError, Tiles
from evaluations.provenance.log.tree import ProofError, verify_consistency, verify_inclusion
from evaluations.provenance.merkle import leaf_hash

#: Entries that are read to learn what became of a result.
MOST_ENTRIES = 100_000


class LiveError(Exception):
    """The log can't be read, or what was read belongs to no signed checkpoint."""


class LiveLog:
    """The log that a site publishes."""

    def __init__(self, signed: Signed) -> None:
        self._signed = signed
        self._fetch = signed.trust.fetch

    @property
    def is_given(self) -> bool:
        """Whether there is one to be read."""
        return self._fetch is not None

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """Its newest checkpoint, signed as it must be.

        Raises:
            LiveError: if there is none.
        """
        data = self._read("checkpoint")
        if len(data) > MOST_BYTES:
            raise LiveError("the site's checkpoint is far too large")
        try:
            return self._signed.open(data.decode())
        except (CheckFailedError, UnicodeError) as error:
            raise LiveError(f"the site's checkpoint can't be used: {error}") from None

    def follows(self, size: int, root: bytes) -> bool:
        """Tell whether the log of now begins with that of an earlier checkpoint.

        Raises:
            LiveError: if that can't be told.
        """
        now = self.checkpoint
        if size > now.size:
            raise LiveError(f"the site's log has {now.size} entries only, and once had {size}")
        try:
            proof = self._tiles.consistency(size)
            verify_consistency(size, root, now.size, now.root, proof)
        except TileError as error:
            raise LiveError(str(error)) from None
        except ProofError:
            return False
        return True

    def entries(self, first: int) -> Iterator[tuple[int, bytes]]:
        """Yield the entries from one to the newest, each proven to stand in the log.

        Raises:
            LiveError: if they can't be read or proven.
        """
        now = self.checkpoint
        if now.size - first > MOST_ENTRIES:
            raise LiveError(f"the log has grown by more than {MOST_ENTRIES} entries since")
        try:
            found = self._tiles.entries(first, max(0, now.size - first))
            for index, leaf in enumerate(found, first):
                path = self._tiles.inclusion(index)
                verify_inclusion(leaf_hash(leaf), index, now.size, path, now.root)
                yield index, leaf
        except (TileError, ProofError) as error:
            raise LiveError(f"the site's log is not what it signed: {error}") from None

    @cached_property
    def _tiles(self) -> Tiles:
        now = self.checkpoint
        tiles = Tiles(self._read, now.size)
        try:
            root = tiles.root()
        except (TileError, ProofError) as error:
            raise LiveError(f"the site's log can't be read: {error}") from None
        if root != now.root:
            raise LiveError("the site's tiles are not those of its checkpoint")
        return tiles

    def _read(self, path: str) -> bytes:
        if self._fetch is None:
            raise LiveError("the log is not read")
        try:
            return self._fetch(path)
        except LookupError:
            if path == "checkpoint":
                raise LiveError("the site publishes no checkpoint") from None
            raise
        except OSError as error:
            raise LiveError(f"the log can't be read: {error}") from None
