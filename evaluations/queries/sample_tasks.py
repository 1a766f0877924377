"""Which tasks a result has samples of, and what there is to be read of each."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluations.errors import AssayError
from evaluations.models import Benchmark, Result, SampleTable
from evaluations.tables.samples import deciding_metrics


@dataclass(frozen=True, slots=True)
class SampledTask:
    """One task of a result.

    Attributes:
        filter: the one that the benchmark counts; a reader is shown its rows first.
        deciding: the metric that says whether a sample is right.
        table: None if the samples have not been copied into one yet.
    """

    name: str
    benchmark: Benchmark
    filter: str
    deciding: str
    table: SampleTable | None

    @property
    def withheld(self) -> bool:
        """Whether nobody may read its documents and answers."""
        return self.benchmark.withheld or (self.table is not None and self.table.withheld)


class WithheldError(AssayError):
    """A benchmark's documents stay out of bundles, and so do the answers to them."""

    def __init__(self, task: str) -> None:
        super().__init__(
            "task_withheld",
            f"The samples of {task} are withheld.",
            "Their number and root are in the bundle: who has the documents can check them.",
        )


def tasks(result: Result) -> list[SampledTask]:
    """Return a result's tasks in the order of its benchmarks."""
    tables = {table.task: table for table in result.sample_tables.all()}
    found: dict[str, SampledTask] = {}
    for benchmark in result.submission.suite.benchmarks.all():
        deciding = deciding_metrics(benchmark.components)
        for component in benchmark.components:
            name = component["task"]
            if name not in found:
                found[name] = SampledTask(
                    name, benchmark, component["filter"], deciding[name], tables.get(name)
                )
    return list(found.values())


def readable(listed: Sequence[SampledTask], name: str) -> SampledTask | None:
    """Return a task by its name, None if there is no such one.

    Raises:
        WithheldError: if nobody may read its samples.
    """
    found = next((task for task in listed if task.name == name), None)
    if found is not None and found.withheld:
        raise WithheldError(name)
    return found
