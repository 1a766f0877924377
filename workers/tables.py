"""Copying a run's samples into tables, while they still lie in the slot as lm-eval wrote them."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from evaluations.services import sample_tables
from evaluations.services.sample_tables import TableFacts
from evaluations.tables.samples import deciding_metrics
from workers.bundle import BenchmarkSpec, withheld_tasks


def write_tables(root: Path, benchmarks: Sequence[BenchmarkSpec]) -> list[TableFacts]:
    """Make one table of each samples file, and put it into the store.

    Args:
        root: the slot, whose samples are not compressed yet: of withheld ones nothing is left then.
        benchmarks: the suite's.

    Raises:
        AssayError: `engine_bug` if a row is no sample.
    """
    deciding = deciding_metrics(c for b in benchmarks for c in b.components)
    withheld = withheld_tasks(benchmarks)
    return [
        sample_tables.make(
            task=path.stem,
            lines=partial(_lines, path),
            folder=root,
            deciding=deciding.get(path.stem),
            withheld=path.stem in withheld,
        )
        for path in sorted((root / "results" / "samples").glob("*.jsonl"))
    ]


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        for line in file:
            yield line.removesuffix(b"\n")
