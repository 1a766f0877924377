"""One pass over a task's samples file, which serves the checks 1, 9, 10 and 11 at once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from evaluations.provenance.checks.answers import Answers
from evaluations.provenance.checks.coverage import Coverage
from evaluations.provenance.checks.prompts import Prompts
from evaluations.provenance.documents import FormError, Plan
from evaluations.provenance.members import BundleError
from evaluations.provenance.merkle import tree_root_hex
from evaluations.provenance.rows import RowSyntaxError, parse_row
from evaluations.provenance.unpack import Bundle

SAMPLES = "results/samples/"
SUFFIX = ".jsonl.zst"
#: How many bytes of lines are held and parsed at a time, at least.
_BATCH = 1 << 17


@dataclass(slots=True)
class Reading:
    """What a task's rows showed.

    Attributes:
        rows: how many there are.
        root: the tree hash over them; empty if they could not be read to their end.
        unsafe: why check 1 must fail, or None.
        malformed: why the rows are no samples, or None.
    """

    coverage: Coverage
    prompts: Prompts
    answers: Answers
    rows: int = 0
    root: str = ""
    unsafe: str | None = None
    malformed: str | None = None


def read_task(bundle: Bundle, plan: Plan, task: str, config: Mapping[str, Any]) -> Reading:
    """Stream a task's rows past the three watchers."""
    asked = plan.tasks[task]
    answers = Answers(asked, config, chat_template=plan.chat_template)
    reading = Reading(Coverage(asked), Prompts(asked), answers)
    try:
        reading.root = tree_root_hex(_watched(bundle, f"{SAMPLES}{task}{SUFFIX}", reading))
    except BundleError as error:
        reading.unsafe = error.detail
    except RowSyntaxError as error:
        reading.unsafe = f"row {reading.rows} of {task}: {error}"
    except FormError as error:
        reading.malformed = f"row {reading.rows} of {task}: {error}"
    for watcher in (reading.coverage, reading.prompts, reading.answers):
        watcher.finish()
    return reading


def _watched(bundle: Bundle, path: str, reading: Reading) -> Iterator[bytes]:
    watchers = (reading.coverage, reading.prompts, reading.answers)
    for lines in _batches(bundle.lines(path)):
        rows = []
        for line in lines:
            reading.rows += 1
            rows.append(parse_row(line))
        for watcher in watchers:
            for row in rows:
                watcher.add(row)
        yield from lines


def _batches(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield some lines at a time: doing one thing often before the next one keeps caches warm."""
    batch, size = [], 0
    for line in lines:
        batch.append(line)
        size += len(line)
        if size >= _BATCH:
            yield batch
            batch, size = [], 0
    yield batch
