"""Samples of a result that has no tables yet, looked for in its bundle line by line."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from evaluations import store
from evaluations.errors import AssayError
from evaluations.models import Result
from evaluations.queries import samples
from evaluations.queries.sample_pages import Document, Page, Wanted
from evaluations.queries.sample_tasks import SampledTask
from evaluations.tables.samples import RowError, Sample, parse, sample

#: Looking ends here, found or not.
_SECONDS, _ROWS = 2.0, 20_000


class TooLongError(AssayError):
    """A samples file is too long to be looked through while somebody waits."""

    def __init__(self, task: str) -> None:
        super().__init__(
            "samples_not_indexed",
            f"The samples of {task} have no table yet, and there are too many to look through.",
            "Whoever runs this site can make it: manage.py derive_samples.",
        )


@dataclass(slots=True)
class _Bounds:
    """How much more may be looked at."""

    end: float
    rows: int

    def spent(self) -> bool:
        """Count one row, and tell whether it is one too many."""
        self.rows -= 1
        return self.rows < 0 or time.monotonic() > self.end


def listed(result: Result, task: SampledTask, wanted: Wanted) -> Page | None:
    """Return a piece of a task's samples; `start` and `next` are rows of the file.

    Returns:
        None if the bundle has no samples of such a task.

    Raises:
        ArtefactMissingError: if the store has lost the bundle, or it can't be read.
    """
    lines = samples.lines(result, task.name)
    if lines is None:
        return None
    items: list[Sample] = []
    bounds = _Bounds(time.monotonic() + _SECONDS, _ROWS)
    for each in _read(result, task, lines, wanted.start):
        if len(items) == wanted.count:
            return Page(items, None, each.row)
        if bounds.spent():
            return Page(items, None, each.row, stopped=True)
        if _is_wanted(each, wanted):
            items.append(each)
    return Page(items, None, None)


def document(result: Result, task: SampledTask, doc_id: int) -> Document | None:
    """Return one document under every filter; None if there is none.

    Raises:
        TooLongError: if it was not found in the time that a reader would wait.
        ArtefactMissingError: as for `listed`.
    """
    lines = samples.lines(result, task.name)
    found: list[Sample] = []
    ids: set[int] = set()
    bounds = _Bounds(time.monotonic() + _SECONDS, _ROWS)
    for each in _read(result, task, lines or iter(()), 0):
        if bounds.spent():
            raise TooLongError(task.name)
        ids.add(each.doc_id)
        if each.doc_id == doc_id:
            found.append(each)
    before, after = ([i for i in ids if i < doc_id], [i for i in ids if i > doc_id])
    beside = max(before, default=None), min(after, default=None)
    return Document(found, *beside) if found else None


def _read(
    result: Result, task: SampledTask, lines: Iterator[bytes], start: int
) -> Iterator[Sample]:
    try:
        for number, line in enumerate(islice(lines, start, None), start):
            yield sample(number, parse(line), task.deciding)
    except RowError as error:
        raise store.ArtefactMissingError(result.bundle_sha256, f"can't be read: {error}") from error


def _is_wanted(each: Sample, wanted: Wanted) -> bool:
    text = wanted.search.casefold()
    return (
        wanted.filter in {"", each.filter}
        and wanted.right in {None, each.right}
        and any(
            text in (field or "").casefold() for field in (each.question, each.answer, each.prompt)
        )
    )
