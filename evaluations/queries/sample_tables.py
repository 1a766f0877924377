"""Samples read out of their tables: every outcome at once, a page of a list, or one document."""

import time
from collections.abc import Iterator
from functools import cached_property, lru_cache
from itertools import groupby, islice

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from evaluations.models import Result, SampleTable
from evaluations.queries import sample_rows
from evaluations.queries.sample_pages import Document, Page, Tally, Wanted
from evaluations.queries.sample_tasks import SampledTask, readable, tasks
from evaluations.tables.reading import Table
from evaluations.tables.samples import Sample
from evaluations.tables.writing import METRIC

#: What a list shows of a sample; prompts and documents are the bulk of a table.
LISTED = (
    "row", "doc_id", "filter", "question", "target", "answer", "choices", "loglikelihoods",
    "chosen", "right",
)  # fmt: skip
_SEARCHED = ("question", "answer", "prompt")
#: A search ends here, found or not, and says so; the reader may go on from there.
_SEARCH_SECONDS, _SEARCH_ROWS = 1.0, 100_000
#: So many groups are fetched at a time while searching.
_STRIDE = 4


def outcomes(result: Result) -> dict[tuple[str, str, str], npt.NDArray[np.float64]]:
    """Return every document's value of every metric, without reading texts.

    Returns:
        By task, filter and metric the values in the order of `doc_id`, NaN where there is none.
        Withheld tasks are there too; tasks without a table are not.

    Raises:
        ArtefactMissingError: if the store has lost a table, or it can't be read.
    """
    found: dict[tuple[str, str, str], npt.NDArray[np.float64]] = {}
    for one in result.sample_tables.all():
        table = Table(one.sha256, one.size)
        metrics = [name for name in table.names if name.startswith(METRIC)]
        read = table.columns(["doc_id", "filter", *metrics])
        doc_ids, names = _numbers(read["doc_id"]), np.asarray(read["filter"].to_pylist(), object)
        values = {name: _doubles(read[name]) for name in metrics}
        for kept in dict.fromkeys(names.tolist()):
            (rows,) = np.nonzero(names == kept)
            rows = rows[np.argsort(doc_ids[rows], kind="stable")]
            for name in metrics:
                found[one.task, kept, name.removeprefix(METRIC)] = values[name][rows]
    return found


def page(
    result: Result,
    task: str,
    *,
    start: int,
    count: int,
    right: bool | None = None,
    search: str = "",
    filter: str = "",  # noqa: A002  lm-eval's own word
) -> Page | None:
    """Return a piece of a task's samples.

    Args:
        result: whose.
        task: by lm-eval's name.
        start: a place among those that are wanted by `filter` and `right`; a search begins there.
        count: how many to return at most.
        right: only those that are right, or wrong.
        search: only those with this text in question, answer or prompt, in any case.
        filter: only those of this filter.

    Returns:
        None if the result has no such task.

    Raises:
        WithheldError: if nobody may read them.
        ArtefactMissingError: if the store has lost them, or they can't be read.
    """
    found = readable(tasks(result), task)
    if found is None:
        return None
    return listed(result, found, Wanted(start, count, right, search, filter))


def listed(result: Result, task: SampledTask, wanted: Wanted) -> Page | None:
    """Return a piece of a task's samples, as `page` does, of a task that may be read."""
    if task.table is None:
        return sample_rows.listed(result, task, wanted)
    index = _index(task.table.sha256, task.table.size)
    rows = index.rows(wanted.filter)
    tally = index.tally(rows)
    if wanted.right is not None:
        rows = rows[index.right[rows] == int(wanted.right)]
    table = Table(task.table.sha256, task.table.size)
    if wanted.search:
        numbers, following, stopped = _search(table, rows, wanted)
    else:
        end = wanted.start + wanted.count
        numbers, stopped = rows[wanted.start : end].tolist(), False
        following = end if end < len(rows) else None
    items = [Sample(**row) for row in table.rows(numbers, LISTED)]
    return Page(items, len(rows), following, stopped, tally, index.filters)


def one(
    result: Result,
    task: str,
    doc_id: int,
    filter: str = "",  # noqa: A002  lm-eval's own word
) -> Sample | None:
    """Return a document's sample under a filter, by default the first one; None without one.

    Raises:
        WithheldError, ArtefactMissingError: as for `page`.
    """
    found = readable(tasks(result), task)
    made = document(result, found, doc_id) if found else None
    samples = made.samples if made else []
    return next((each for each in samples if filter in {"", each.filter}), None)


def document(result: Result, task: SampledTask, doc_id: int) -> Document | None:
    """Return one document under every filter, and its neighbours; None if there is none.

    Raises:
        ArtefactMissingError: as for `page`.
    """
    if task.table is None:
        return sample_rows.document(result, task, doc_id)
    index = _index(task.table.sha256, task.table.size)
    (rows,) = np.nonzero(index.doc_ids == doc_id)
    if not len(rows):
        return None
    table = Table(task.table.sha256, task.table.size)
    metrics = [name for name in table.names if name.startswith(METRIC)]
    kept = [name for name in table.names if name not in metrics]
    samples = []
    for row in table.rows(rows.tolist(), table.names):
        values = {name.removeprefix(METRIC): row[name] for name in metrics if row[name] is not None}
        samples.append(Sample(**{name: row[name] for name in kept}, metrics=values))
    return Document(samples, *index.neighbours(doc_id))


def at(task: SampledTask, places: npt.NDArray[np.intp]) -> tuple[list[int], list[Sample]]:
    """Return documents by their places among a task's, in the order of `doc_id`, as `outcomes` has.

    Args:
        task: with a table; its samples are those under the filter that its benchmark counts.
        places: from 0, ascending.

    Returns:
        The documents' ids, and their samples without prompts and documents.

    Raises:
        ArtefactMissingError: if the store has lost the table, or it can't be read.
    """
    if task.table is None:
        return [], []
    index = _index(task.table.sha256, task.table.size)
    rows = index.rows(task.filter)
    rows = rows[np.argsort(index.doc_ids[rows], kind="stable")][places]
    table = Table(task.table.sha256, task.table.size)
    samples = [Sample(**row) for row in table.rows(rows.tolist(), LISTED)]
    return index.doc_ids[rows].tolist(), samples


class _Index:
    """The narrow columns of a table, whole, each read when it is first needed.

    Attributes:
        filters: in the order of the rows.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self.filters, self._names = _filters(table)

    @cached_property
    def doc_ids(self) -> npt.NDArray[np.int64]:
        """Each row's document."""
        return _numbers(self._table.columns(["doc_id"])["doc_id"])

    @cached_property
    def right(self) -> npt.NDArray[np.int8]:
        """1 or 0 for each row, and -1 where nothing says so."""
        read = self._table.columns(["right"])["right"]
        return np.asarray(pc.fill_null(read.cast("int8"), -1), np.int8)

    def rows(self, name: str) -> npt.NDArray[np.int64]:
        """Return the rows of a filter; of all filters if it is empty."""
        if not name:
            return np.arange(len(self._names))
        code = self.filters.index(name) if name in self.filters else -1
        return np.nonzero(self._names == code)[0]

    def tally(self, rows: npt.NDArray[np.int64]) -> Tally:
        """Count some rows."""
        right = self.right[rows]
        return Tally(len(rows), int((right == 1).sum()), int((right == 0).sum()))

    def neighbours(self, doc_id: int) -> tuple[int | None, int | None]:
        """Return the ids of the documents before and after one."""
        before, after = self.doc_ids[self.doc_ids < doc_id], self.doc_ids[self.doc_ids > doc_id]
        return (
            int(before.max()) if len(before) else None,
            int(after.min()) if len(after) else None,
        )


@lru_cache(maxsize=16)
def _index(digest: str, size: int) -> _Index:
    """Return a table's index; its bytes never change, so once is enough."""
    return _Index(Table(digest, size))


def _filters(table: Table) -> tuple[list[str], npt.NDArray[np.int32]]:
    """Return a table's filters, and each row's as its place among them.

    Rows come filter by filter, so that nearly every group has one, which the footer tells.
    """
    known = table.constants("filter")
    mixed = [group for group, name in enumerate(known) if name is None]
    read = iter(table.columns(["filter"], mixed)["filter"].to_pylist())
    codes: dict[str, int] = {}
    pieces = []
    for group, name in enumerate(known):
        rows = table.starts[group + 1] - table.starts[group]
        names = islice(read, rows) if name is None else [name]
        piece = np.array([codes.setdefault(each, len(codes)) for each in names], np.int32)
        pieces.append(piece if name is None else np.repeat(piece, rows))
    return list(codes), np.concatenate([np.empty(0, np.int32), *pieces])


def _numbers(column: object) -> npt.NDArray[np.int64]:
    return np.asarray(column, np.int64)


def _doubles(column: object) -> npt.NDArray[np.float64]:
    """Return a column in which nothing became NaN."""
    return np.asarray(column, np.float64)


def _search(
    table: Table, rows: npt.NDArray[np.int64], wanted: Wanted
) -> tuple[list[int], int | None, bool]:
    """Return the rows that hold a text, where to go on, and whether the bounds ended it."""
    found: list[int] = []
    end, looked = time.monotonic() + _SEARCH_SECONDS, 0
    for numbers in _strides(table, rows[wanted.start :].tolist()):
        held = _holding(table, numbers, wanted.search)
        for number in numbers:
            looked += 1
            if number in held:
                found.append(number)
            if len(found) == wanted.count:
                following = wanted.start + looked
                return found, following if following < len(rows) else None, False
        if wanted.start + looked < len(rows) and (looked >= _SEARCH_ROWS or time.monotonic() > end):
            return found, wanted.start + looked, True
    return found, None, False


def _strides(table: Table, rows: list[int]) -> Iterator[list[int]]:
    """Cut rows into pieces that lie in a few groups each."""
    for _, piece in groupby(rows, lambda number: table.group(number) // _STRIDE):
        yield list(piece)


def _holding(table: Table, numbers: list[int], text: str) -> set[int]:
    groups = sorted({table.group(number) for number in numbers})
    read = table.columns(["row", *_SEARCHED], groups)
    held = None
    for name in _SEARCHED:
        has = pc.fill_null(pc.match_substring(read[name], text, ignore_case=True), False)
        held = has if held is None else pc.or_(held, has)
    return set(read["row"].filter(held).to_pylist())


def table_of(result: Result, task: str) -> SampleTable | None:
    """Return the table of a task that anybody may download; None if there is none.

    Raises:
        WithheldError: if nobody may.
    """
    found = readable(tasks(result), task)
    return found.table if found else None
