"""One Parquet file from one samples file: two passes over its lines, little of it in memory."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from evaluations.tables.samples import RowError, Sample, metrics_of, parse, sample

#: A page of a list, or one sample, is read by unpacking one group or two.
GROUP_ROWS = 256
#: A group ends early when its lines have so many bytes, so that one is never large in memory.
_GROUP_BYTES = 32 << 20
#: More names than any task has; a file with thousands of columns would serve nobody.
_MOST_METRICS = 64
METRIC = "metric."
#: Narrow columns first: those that are read over all rows lie side by side.
_KEYS = (("row", pa.int64()), ("doc_id", pa.int64()), ("filter", pa.string()))
_OUTCOME = (("right", pa.bool_()), ("chosen", pa.int32()))
_TEXTS = (
    ("question", pa.string()),
    ("target", pa.string()),
    ("answer", pa.string()),
    ("choices", pa.list_(pa.string())),
    ("loglikelihoods", pa.list_(pa.float64())),
    ("doc_hash", pa.string()),
    ("prompt", pa.string()),
    ("doc", pa.string()),
)
_Lines = Callable[[], Iterable[bytes]]


def write(lines: _Lines, target: Path, *, deciding: str | None, withheld: bool) -> int:
    """Write the table of one task.

    Args:
        lines: gives the samples file's lines from its beginning; called twice.
        target: the file to write.
        deciding: the metric that says whether a sample is right, see `samples.sample`.
        withheld: write nothing of documents and answers, only keys and metrics.

    Returns:
        How many rows there are.

    Raises:
        RowError: if a line is no sample, or the rows name too many metrics.
    """
    metrics = _metrics(lines())
    schema = _schema(metrics, withheld=withheld)
    count = 0
    writer = pq.ParquetWriter(
        target,
        schema,
        compression="zstd",
        use_dictionary=["filter"],
        # Of the rest nobody asks in which group it might be, and the footer is read each time.
        write_statistics=["row", "doc_id", "filter"],
        data_page_size=4 << 20,
    )
    with writer:
        for group in _groups(lines()):
            read = [sample(count + n, parse(line), deciding) for n, line in enumerate(group)]
            writer.write_table(_table(read, schema), row_group_size=len(read))
            count += len(read)
    return count


def _metrics(lines: Iterable[bytes]) -> list[str]:
    names: dict[str, None] = {}
    for line in lines:
        names.update(dict.fromkeys(metrics_of(parse(line))))
        if len(names) > _MOST_METRICS:
            raise RowError(f"the rows name more than {_MOST_METRICS} metrics")
    return list(names)


def _schema(metrics: Iterable[str], *, withheld: bool) -> Any:
    values = [(METRIC + name, pa.float64()) for name in metrics]
    if withheld:
        return pa.schema([*_KEYS, *values])
    return pa.schema([*_KEYS, *_OUTCOME, *values, *_TEXTS])


def _groups(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    group: list[bytes] = []
    size = 0
    for line in lines:
        group.append(line)
        size += len(line)
        if len(group) == GROUP_ROWS or size > _GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _table(read: list[Sample], schema: Any) -> Any:
    return pa.table(
        [pa.array([_cell(one, field.name) for one in read], field.type) for field in schema],
        schema=schema,
    )


def _cell(one: Sample, name: str) -> Any:
    if name.startswith(METRIC):
        return one.metrics.get(name.removeprefix(METRIC))
    return getattr(one, name)
