"""Making and recording the tables of results' samples."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction

from evaluations import store
from evaluations.errors import AssayError
from evaluations.failures import FailureCode
from evaluations.models import Result, SampleTable
from evaluations.queries import samples
from evaluations.queries.sample_tasks import SampledTask, tasks
from evaluations.tables.samples import RowError
from evaluations.tables.writing import write


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A stored table; see `SampleTable`."""

    task: str
    rows: int
    sha256: str
    size: int
    withheld: bool


def record(*, result: Result, tables: Sequence[TableFacts]) -> None:
    """Record a result's tables, in place of earlier ones of the same tasks.

    Args:
        result: whose.
        tables: already in the artefact store, so that a recorded table never lacks its bytes.
    """
    with transaction.atomic():
        result.sample_tables.filter(task__in=[table.task for table in tables]).delete()
        SampleTable.objects.bulk_create(
            SampleTable(
                result=result,
                task=table.task,
                rows=table.rows,
                sha256=table.sha256,
                size=table.size,
                withheld=table.withheld,
            )
            for table in tables
        )


def derive(*, result: Result, again: bool = False) -> list[TableFacts]:
    """Make the tables that a result lacks from its bundle, and record them.

    Of withheld tasks nothing is in the bundle, so they get none.

    Args:
        result: whose.
        again: also those that it has, for a new form of tables.

    Returns:
        What was made.

    Raises:
        ArtefactMissingError: if the store has lost the bundle, or it can't be read.
        AssayError: `engine_bug` if a row is no sample.
    """
    lacking = [
        task for task in tasks(result) if not task.withheld and (again or task.table is None)
    ]
    with TemporaryDirectory(prefix="assay-samples-") as folder:
        made = [_derive(result, task, Path(folder)) for task in lacking]
    tables = [table for table in made if table is not None]
    record(result=result, tables=tables)
    return tables


def _derive(result: Result, task: SampledTask, folder: Path) -> TableFacts | None:
    if samples.lines(result, task.name) is None:
        return None
    return make(
        task=task.name,
        lines=lambda: samples.lines(result, task.name) or (),
        folder=folder,
        deciding=task.deciding,
        withheld=False,
    )


def make(
    *,
    task: str,
    lines: Callable[[], Iterable[bytes]],
    folder: Path,
    deciding: str | None,
    withheld: bool,
) -> TableFacts:
    """Write a task's table and put it into the store.

    Args:
        task: by lm-eval's name.
        lines: gives those of its samples file, whenever it is called.
        folder: takes the file for so long.
        deciding: the metric that says whether a sample is right.
        withheld: whether only keys and metrics are written.

    Raises:
        AssayError: `engine_bug` if a line is no sample.
    """
    target = folder / "table.parquet"
    try:
        rows = write(lines, target, deciding=deciding, withheld=withheld)
    except RowError as error:
        raise AssayError(
            FailureCode.ENGINE_BUG, f"The samples of {task} can't be read: {error}."
        ) from error
    facts = TableFacts(task, rows, store.put_file(target), target.stat().st_size, withheld)
    target.unlink()
    return facts
