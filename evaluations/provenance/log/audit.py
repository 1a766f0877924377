"""Reading a whole log again: its tree from the entries, and what the entries say of each other."""

from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from evaluations.provenance.log.checkpoint import Checkpoint
from evaluations.provenance.log.tiles import (
    WIDTH,
    Read,
    TileError,
    Tiles,
    grow,
    read_tile,
    tile_counts,
)
from evaluations.provenance.merkle import leaf_hash
from evaluations.provenance.records import Kind, Record, RecordError, read_record

_DIGEST_BYTES = 32
#: More are counted, and not kept: a log that is all wrong has as many as entries.
_KEPT_PROBLEMS = 200
#: What an entry of each kind speaks of, which has to stand before it.
_SPEAKS_OF = {
    Kind.BENCHMARK: Counter({Kind.SUITE: 1}),
    Kind.INTENT: Counter({Kind.BENCHMARK: 1}),
    Kind.RESULT: Counter({Kind.INTENT: 1, Kind.BENCHMARK: 1}),
    Kind.FAILURE: Counter({Kind.INTENT: 1}),
    Kind.SUPERSEDE: Counter({Kind.RESULT: 2}),
    Kind.REPLICATION: Counter({Kind.RESULT: 1}),
}
_ENDS = (Kind.RESULT, Kind.FAILURE)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and where: an entry by its index, or a file by its path."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Intent:
    """A run that was announced; `at` is when."""

    index: int
    submission: str
    at: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that ended without a result; `intent` is the entry that announced it.

    `code` says why, and `at` when: docs/log.md.
    """

    index: int
    intent: int
    submission: str
    code: str
    at: str


@dataclass
class Report:
    """What an audit found.

    Attributes:
        entries: how many were read; all, unless a bundle was missing or malformed.
        kinds: how many records there are of each kind.
        open: intents without a result or a failure after them, in order.
        failures: ends without a result, each after its intent, in order.
        problems: the first ones; `problem_count` counts them all.
    """

    checkpoint: Checkpoint
    entries: int = 0
    kinds: Counter[Kind] = field(default_factory=Counter)
    open: list[Intent] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0

    def add(self, where: str, what: str) -> None:
        """Add a problem."""
        self.problem_count += 1
        if len(self.problems) < _KEPT_PROBLEMS:
            self.problems.append(Problem(where, what))


def audit(checkpoint: Checkpoint, read: Read) -> Report:
    """Read every entry and every tile of a log, and compare them with a checkpoint.

    Memory holds one bundle at a time, and of every entry its hash: about 200 MB for a million.

    Args:
        checkpoint: what the log signed; its signature has been checked.
        read: returns a file of the log by its path; LookupError if there is none.
    """
    report = Report(checkpoint)
    records = _Records(report)
    growth = grow(0, _entries(Tiles(read, checkpoint.size), report, records), _nothing)
    for path, hashes in growth:
        # If entries are missing, the last tiles that are made are none of the log's.
        cut_short = ".p/" in path and report.entries < checkpoint.size
        if not path.startswith("tile/entries/") and not cut_short:
            _compare(report, path, hashes, read)
    if report.entries == checkpoint.size and growth.root != checkpoint.root:
        report.add(
            "checkpoint",
            f"The entries' root is {b64encode(growth.root).decode()},"
            f" not the checkpoint's {b64encode(checkpoint.root).decode()}.",
        )
    report.open = list(records.open.values())
    return report


def _nothing(path: str) -> bytes:
    raise LookupError(path)


def _entries(tiles: Tiles, report: Report, records: "_Records") -> Iterator[bytes]:
    """Yield the entries up to the first bundle that can't be read, and take note of each."""
    for n in range((tile_counts(tiles.size) or [0])[0]):
        try:
            entries = tiles.bundle(n)
        except TileError as error:
            report.add("entries", f"{error} Nothing from entry {n * WIDTH} on could be checked.")
            return
        for index, entry in enumerate(entries, n * WIDTH):
            records.take(index, entry)
        report.entries += len(entries)
        yield from entries


def _compare(report: Report, path: str, hashes: bytes, read: Read) -> None:
    """Compare a tile with what its entries make."""
    try:
        found = read_tile(read, path, len(hashes) // _DIGEST_BYTES)
    except TileError as error:
        report.add(path, str(error))
        return
    wrong = [
        place // _DIGEST_BYTES
        for place in range(0, len(hashes), _DIGEST_BYTES)
        if found[place : place + _DIGEST_BYTES] != hashes[place : place + _DIGEST_BYTES]
    ]
    if wrong:
        more = f", nor are {len(wrong) - 1} more" if len(wrong) > 1 else ""
        report.add(path, f"Hash {wrong[0]} of the tile is not that of the entries{more}.")


class _Records:
    """What the entries read so far say."""

    def __init__(self, report: Report) -> None:
        self.open: dict[int, Intent] = {}
        self._report = report
        #: Index and kind by leaf hash; no kind for what is no record.
        self._known: dict[bytes, tuple[int, Kind | None]] = {}

    def take(self, index: int, entry: bytes) -> None:
        kind = None
        try:
            record = read_record(entry)
        except RecordError as error:
            self._wrong(index, f"It is no record of a log: {error}.")
        else:
            kind = record.kind
            self._report.kinds[kind] += 1
            self._check(index, record)
        self._known.setdefault(leaf_hash(entry), (index, kind))

    def _wrong(self, index: int, what: str) -> None:
        self._report.add(f"entry {index}", what)

    def _check(self, index: int, record: Record) -> None:
        spoken_of = [self._known.get(bytes.fromhex(ref)) for ref in record.refs]
        for ref, one in zip(record.refs, spoken_of, strict=True):
            if one is None:
                self._wrong(index, f"It refers to {ref}, which is no earlier entry.")
        earlier = [one for one in spoken_of if one is not None]
        kinds = Counter(kind for _, kind in earlier if kind is not None)
        missing = _SPEAKS_OF.get(record.kind, Counter()) - kinds
        for kind in missing:
            self._wrong(
                index, f"It is a record of a {record.kind} and refers to no earlier {kind}."
            )
        if record.kind is Kind.RESULT and not (record.statement_sha256 and record.manifest_sha256):
            self._wrong(index, "It is a result without the digests of its statement and manifest.")
        if record.kind is Kind.INTENT:
            self.open[index] = Intent(index, _said(record, "submission"), record.at)
        if record.kind in _ENDS:
            for place, kind_there in earlier:
                if kind_there is Kind.INTENT:
                    self._end(index, place, record)

    def _end(self, index: int, place: int, record: Record) -> None:
        """Let the entry `index` end the intent at `place`."""
        submission = _said(record, "submission")
        if record.kind is Kind.FAILURE:
            failure = Failure(index, place, submission, _said(record, "code"), record.at)
            self._report.failures.append(failure)
        intent = self.open.pop(place, None)
        if intent is None:
            self._wrong(index, f"It ends the intent {place}, which has ended before.")
        elif intent.submission != submission:
            self._wrong(index, f"Its submission is not that of its intent {place}.")


def _said(record: Record, what: str) -> str:
    said: Any = record.about.get(what)
    return said if isinstance(said, str) else ""
