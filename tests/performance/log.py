"""The log without its site: how fast a million entries become tiles, and proofs are made."""

import random
import resource
import time
from collections.abc import Iterator

from evaluations.provenance.log.tiles import Tiles, grow
from evaluations.provenance.log.tree import verify_inclusion
from evaluations.provenance.merkle import leaf_hash
from tests.performance.figures import Budget, Report

_ENTRIES = 1_000_000
_SIZES = (1_000, 100_000, _ENTRIES)
_PROOFS = 200
#: As long as a result's record.
_ENTRY_BYTES = 500


def measure(budget: Budget) -> Report:
    """Build a log of a million entries, append to it, and make proofs at several sizes."""
    report = Report(f"log: {_ENTRIES:,} entries of {_ENTRY_BYTES} bytes, one core, no site")
    built: list[float] = []
    made = 0
    for _ in budget.rounds(3):
        began = time.perf_counter()
        made = sum(len(content) for _, content in grow(0, _entries(0, _ENTRIES), _nothing))
        built.append(time.perf_counter() - began)
    report.add("build, bundles included", "s", built)
    report.compare("entries a second", _ENTRIES / min(built), goal=">= 100000", unit="1/s")
    report.notes.append(f"{made / 1e6:.0f} MB of files; peak memory, none kept: {_peak():.0f} MB")
    # Whole bundles are made and dropped: no proof reads them.
    files = {
        path: content
        for path, content in grow(0, _entries(0, _ENTRIES), _nothing)
        if not path.startswith("tile/entries/") or ".p/" in path
    }
    _measure_appends(report, files)
    for size in _SIZES:
        _measure_proofs(report, files, size)
    return report


def _entries(first: int, last: int) -> Iterator[bytes]:
    return (b"%0*d" % (_ENTRY_BYTES, number) for number in range(first, last))


def _nothing(path: str) -> bytes:
    raise LookupError(path)


def _measure_appends(report: Report, files: dict[str, bytes]) -> None:
    """Add one entry at a time, each with the files that change."""
    files = dict(files)
    size, taken = _ENTRIES, []
    for _ in range(_PROOFS):
        began = time.perf_counter()
        growth = grow(size, _entries(size, size + 1), files.__getitem__)
        files.update(growth)
        size = growth.size
        taken.append((time.perf_counter() - began) * 1000)
    report.add("append one entry", "ms", taken)


def _measure_proofs(report: Report, files: dict[str, bytes], size: int) -> None:
    """Make proofs at a size, each from tiles that were not read before."""
    read = files.__getitem__
    if size < _ENTRIES:
        smaller = dict(grow(0, _entries(0, size), read))
        read = smaller.__getitem__
    chosen = random.Random(0)
    root = Tiles(read, size).root()
    included, consistent, verified = [], [], []
    for _ in range(_PROOFS):
        index, old = chosen.randrange(size), chosen.randrange(1, size)
        began = time.perf_counter()
        proof = Tiles(read, size).inclusion(index)
        included.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        Tiles(read, size).consistency(old)
        consistent.append((time.perf_counter() - began) * 1000)
        leaf = leaf_hash(next(_entries(index, index + 1)))
        began = time.perf_counter()
        verify_inclusion(leaf, index, size, proof, root)
        verified.append((time.perf_counter() - began) * 1000)
    report.add(f"inclusion proof, {size:,} entries", "ms", included)
    report.add(f"consistency proof, {size:,} entries", "ms", consistent)
    report.add(f"verify inclusion, {size:,} entries", "ms", verified)


def _peak() -> float:
    """Return this process's peak memory in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
