"""What running a result again takes, and what may come of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from evaluations.models import Result, Run
from evaluations.needs import Needs
from evaluations.queries.effort import Effort
from evaluations.queries.pins import Pins
from evaluations.queries.results import Line
from evaluations.scoring.expectation import Expectation, Measured, expectation

#: A quick check asks so many documents of each task.
QUICK = 100
_PYTHON = re.compile(r"(3\.\d{1,2})\.\d{1,3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rerun:
    """What running a result again takes; None and empty texts where nothing was recorded.

    Attributes:
        python: the version that answered, to its second number, as public images are tagged.
        scorer: the lm-eval that scored recorded answers again, where it isn't the lock's.
        memory: bytes that a worker had to have; nobody measured the peak.
        seconds: of all workers together; None too if recorded answers were scored again.
        quick_documents: that a quick check asks.
        quick_seconds: its share of `seconds`, by documents.
        expected: how far the score may move.
    """

    python: str
    scorer: str
    memory: int | None
    seconds: float | None
    quick_documents: int
    quick_seconds: float | None
    expected: Expectation | None


def rerun(result: Result, pins: Pins, effort: Effort, lines: Sequence[Line]) -> Rerun:
    """Return what running a result again takes.

    Args:
        result: with its submission and run.
        pins: the result's.
        effort: likewise.
        lines: its benchmarks.
    """
    python = _PYTHON.fullmatch(pins.machine.python)
    sizes = [task.documents for task in pins.tasks]
    quick = sum(min(size, QUICK) for size in sizes)
    seconds = None if result.submission.rescores_id else effort.worker_seconds
    return Rerun(
        python=python[1] if python else "",
        scorer=_scorer(result, pins),
        memory=_memory(getattr(result.submission, "run", None)),
        seconds=seconds,
        quick_documents=quick,
        quick_seconds=seconds * quick / sum(sizes) if seconds and quick else None,
        expected=expectation([_measured(line) for line in lines if line.score]),
    )


def _scorer(result: Result, pins: Pins) -> str:
    rescored = result.environment.get("rescored") or {}
    version = str(rescored.get("lm_eval") or "")
    return version if version != pins.lm_eval else ""


def _memory(run: Run | None) -> int | None:
    return (Needs.read(run.needs).memory or None) if run else None


def _measured(line: Line) -> Measured:
    benchmark = line.benchmark
    return Measured(
        n=line.score.n if line.score else 0,
        baselines=[float(part["baseline"]) for part in benchmark.components],
        normalised=benchmark.normalised,
    )
