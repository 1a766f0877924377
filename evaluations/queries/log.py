"""The log as its readers see it: checkpoint, tiles, entries, proofs, all from the database."""

import re
from collections.abc import Sequence

from evaluations.models import LogCheckpoint, LogEntry, LogTile, Submission, TrustRoot
from evaluations.provenance.log.tiles import WIDTH, Tiles, encode_bundle
from evaluations.provenance.records import Kind
from evaluations.provenance.root import RootVersion, read_root

_PATH = re.compile(
    r"tile/(?P<level>\d|[1-5]\d|entries)/(?P<number>(?:x\d{3}/)*\d{3})(?:\.p/(?P<width>\d{1,3}))?"
)


def latest() -> LogCheckpoint | None:
    """Return the newest checkpoint; None while nothing is logged."""
    return LogCheckpoint.objects.order_by("-size").first()


def covering(entry: LogEntry) -> LogCheckpoint | None:
    """Return the first checkpoint that covers an entry; None while there is none."""
    if entry.index is None:
        return None
    return LogCheckpoint.objects.filter(size__gt=entry.index).order_by("size").first()


def entry_of(submission: Submission, kind: Kind) -> LogEntry | None:
    """Return a submission's entry of a kind of which it has one at most."""
    return LogEntry.objects.filter(submission=submission, kind=kind).first()


def tiles(size: int) -> Tiles:
    """Return the log at a size, for proofs."""
    return Tiles(read, size)


def read(path: str) -> bytes:
    """Return a file of the log by its path (C2SP tlog-tiles).

    Raises:
        LookupError: if the log has none there, or not yet so wide.
    """
    found = _PATH.fullmatch(path)
    if found is None:
        raise LookupError(path)
    width = int(found["width"] or WIDTH)
    number = int(found["number"].replace("x", "").replace("/", ""))
    if not 1 <= width <= (WIDTH if found["width"] is None else WIDTH - 1):
        raise LookupError(path)
    if found["level"] == "entries":
        return encode_bundle(_records(number, width))
    return _hashes(int(found["level"]), number, width)


def _records(number: int, width: int) -> Sequence[bytes]:
    first = number * WIDTH
    rows = LogEntry.objects.filter(index__gte=first, index__lt=first + width).order_by("index")
    records = [record.encode() for record in rows.values_list("record", flat=True)]
    if len(records) != width:
        raise LookupError(f"entries {number} is {len(records)} wide")
    return records


def _hashes(level: int, number: int, width: int) -> bytes:
    full = LogTile.objects.filter(level=level, number=number).values_list("hashes", flat=True)
    if (kept := full.first()) is not None:
        return bytes(kept)[: 32 * width]
    first = number * WIDTH
    if level == 0:
        leaves = LogEntry.objects.filter(index__gte=first, index__lt=first + width)
        hashes = [bytes.fromhex(x) for x in leaves.order_by("index").values_list("leaf", flat=True)]
    else:
        below = LogTile.objects.filter(
            level=level - 1, number__gte=first, number__lt=first + width
        ).order_by("number")
        hashes = [bytes(root) for root in below.values_list("root", flat=True)]
    if len(hashes) != width:
        raise LookupError(f"tile {level}/{number} is {len(hashes)} wide")
    return b"".join(hashes)


def root() -> RootVersion | None:
    """Return the newest version of the root of trust; None while there are no keys."""
    newest = TrustRoot.objects.order_by("-version").first()
    return read_root(newest.data.encode()) if newest else None


def roots() -> dict[int, bytes]:
    """Return every version's bytes."""
    return {row.version: row.data.encode() for row in TrustRoot.objects.order_by("version")}


def newest(count: int) -> list[LogEntry]:
    """Return the entries that were logged last, each with what it is about."""
    return list(
        LogEntry.objects.exclude(index=None)
        .select_related(
            "suite", "submission__board", "submission__revision__model", "submission__result"
        )
        .only(
            "kind", "record", "index", "suite__name", "suite__version", "submission__public_id",
            "submission__board__title", "submission__board__slug",
            "submission__revision__commit", "submission__revision__model__source",
            "submission__revision__model__name", "submission__result__public_id",
            "submission__result__value", "submission__result__stderr",
        )
        .order_by("-index")[:count]
    )  # fmt: skip
