"""The sequencer: gives entries their place in the log, and signs a checkpoint over them.

All of it is one transaction under one lock: entries, tiles and checkpoint are there together or not
at all, whenever the process ends. Of each size there is one checkpoint, and each extends the last.
"""

import logging

from django.db import transaction
from django.db.models import Max

from evaluations.errors import AssayError
from evaluations.failures import FailureCode
from evaluations.models import LogCheckpoint, LogEntry, LogTile
from evaluations.provenance.log.checkpoint import Checkpoint
from evaluations.provenance.log.note import sign
from evaluations.provenance.log.tiles import WIDTH, Tiles, tile_path
from evaluations.provenance.log.tree import range_root
from evaluations.provenance.merkle import leaf_hash, node_hash
from evaluations.provenance.signing import KeyFileError, private_key, sign_envelope
from evaluations.queries.log import latest, read, tiles
from evaluations.services import lock
from evaluations.services.keys import Keyring, keyring

#: Entries that one checkpoint adds at most, so that a transaction stays short.
BATCH = 5_000
_logger = logging.getLogger(__name__)


class LogInconsistentError(AssayError):
    """The database holds another log than the one that was signed last; nothing more is signed."""

    def __init__(self, detail: str) -> None:
        super().__init__(FailureCode.LOG_UNAVAILABLE, f"The log is damaged: {detail}.")


def sequence() -> int:
    """Log what waits, if the keys are here.

    Returns:
        How many entries were logged.

    Raises:
        LogInconsistentError: if the entries don't extend what the last checkpoint says.
    """
    if not LogEntry.objects.filter(index=None).exists():
        # A site without a single entry makes its keys with the first.
        return 0
    try:
        keys = keyring()
    except KeyFileError as error:
        _logger.warning("nothing is logged: %s %s", error.detail, error.hint)
        return 0
    return 0 if keys is None else _sequence(keys)


@transaction.atomic
def _sequence(keys: Keyring) -> int:
    lock.take("log")
    last = latest()
    first = last.size if last else 0
    waiting = list(LogEntry.objects.filter(index=None).order_by("pk")[:BATCH])
    if not waiting:
        return 0
    placed = LogEntry.objects.aggregate(last=Max("index"))["last"]
    if first != (0 if placed is None else placed + 1):
        raise LogInconsistentError(f"the last checkpoint is of size {first}, not its last entry's")
    for index, entry in enumerate(waiting, start=first):
        _place(entry, index, keys)
    LogEntry.objects.bulk_update(waiting, ["index", "envelope"], batch_size=500)
    size = first + len(waiting)
    _complete(first, size)
    grown = tiles(size)
    if last is not None:
        _check_extends(last, grown)
    _sign(grown, size, keys)
    return len(waiting)


def _place(entry: LogEntry, index: int, keys: Keyring) -> None:
    if leaf_hash(entry.record.encode()).hex() != entry.leaf:
        raise LogInconsistentError(f"the entry {entry.pk} is not what its hash says")
    entry.index = index
    if entry.payload:
        entry.envelope = sign_envelope(entry.payload.encode(), keys.statement).decode()


def _complete(first: int, size: int) -> None:
    """Keep the tiles that are full now, from the lowest level up."""
    level = 0
    while size // WIDTH > first // WIDTH:
        first, size = first // WIDTH, size // WIDTH
        LogTile.objects.bulk_create(
            [_tile(level, number) for number in range(first, size)], batch_size=200
        )
        level += 1


def _tile(level: int, number: int) -> LogTile:
    hashes = read(tile_path(level, number))
    nodes = [hashes[place : place + 32] for place in range(0, len(hashes), 32)]
    while len(nodes) > 1:
        nodes = [node_hash(*pair) for pair in zip(nodes[::2], nodes[1::2], strict=True)]
    return LogTile(level=level, number=number, hashes=hashes, root=nodes[0])


def _check_extends(last: LogCheckpoint, grown: Tiles) -> None:
    """Compare what was signed last with the same entries now."""
    if range_root(0, last.size, grown.hash).hex() != last.root:
        raise LogInconsistentError(f"the first {last.size} entries are not those that were signed")


def _sign(grown: Tiles, size: int, keys: Keyring) -> None:
    origin = keys.root.origin
    root = grown.root()
    text = Checkpoint(origin, size, root).text()
    LogCheckpoint.objects.create(
        size=size, root=root.hex(), note=sign(text, origin, private_key(keys.log))
    )
