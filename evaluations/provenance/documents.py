"""The JSON files of a bundle (docs/bundle.md) as types; what is not as described is refused."""

import re
from dataclasses import dataclass
from typing import Any, TypeVar

from evaluations.provenance.bundle import Entry

T = TypeVar("T")
_HEX64 = re.compile(r"[0-9a-f]{64}")


class FormError(ValueError):
    """A JSON file is not what docs/bundle.md describes; the message says where."""


@dataclass(frozen=True, slots=True)
class Source:
    """A number of lm-eval's that a benchmark is made of; `baseline` is the score of guessing."""

    task: str
    metric: str
    filter: str
    baseline: float


@dataclass(frozen=True, slots=True)
class Claim:
    """What a benchmark of the suite is called, in the plan and beside its score."""

    name: str
    task: str
    metrics: tuple[str, ...]
    filter: str


@dataclass(frozen=True, slots=True)
class BenchmarkPlan:
    """How a benchmark's value is made; `withheld` says that its samples stay unpublished."""

    claim: Claim
    weighted: bool
    normalised: bool
    withheld: bool
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """What was asked of one task; roots are 64 hexadecimal digits."""

    output_type: str
    filters: tuple[str, ...]
    repeats: int
    documents: int
    documents_root: str
    requests: int
    requests_root: str


@dataclass(frozen=True, slots=True)
class Plan:
    """`run/plan.json`, as far as the checks need it."""

    aggregation: str
    benchmarks: tuple[BenchmarkPlan, ...]
    tasks: dict[str, TaskPlan]
    model: str
    revision: str
    chat_template: bool

    @property
    def withheld(self) -> set[str]:
        """The planned tasks whose samples stay out of the bundle."""
        named = {s.task for b in self.benchmarks if b.withheld for s in b.sources}
        return named & set(self.tasks)

    @property
    def open_tasks(self) -> dict[str, TaskPlan]:
        """The planned tasks whose samples are in the bundle."""
        return {task: asked for task, asked in self.tasks.items() if task not in self.withheld}


@dataclass(frozen=True, slots=True)
class Measured:
    """One benchmark's line in `results/scores.json`; `stderr` is None where lm-eval gives none."""

    claim: Claim
    value: float
    stderr: float | None
    n: int


@dataclass(frozen=True, slots=True)
class SamplesRoot:
    """How many rows a task's samples file has, and the tree hash over them."""

    task: str
    rows: int
    root: str


@dataclass(frozen=True, slots=True)
class Scores:
    """`results/scores.json`."""

    benchmarks: tuple[Measured, ...]
    value: float
    stderr: float | None
    samples: tuple[SamplesRoot, ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """`run/weights.json`: the model's files as (path, size, sha256)."""

    model: str
    revision: str
    files: tuple[tuple[str, int, str], ...]


def manifest_from(data: Any) -> tuple[Entry, ...]:
    """Read `manifest.json`."""
    return tuple(_entry(row) for row in versioned(data, "files", list))


def _entry(row: Any) -> Entry:
    hashes = digest(row, "sha256"), digest(row, "sha256_uncompressed")
    return Entry(take(row, "path", str), count(row, "size"), *hashes)


def plan_from(data: Any) -> Plan:
    """Read `run/plan.json`."""
    tasks = {name: _task_plan(row) for name, row in versioned(data, "tasks", dict).items()}
    suite, model = take(data, "suite", dict), take(data, "model", dict)
    return Plan(
        aggregation=take(suite, "aggregation", str),
        benchmarks=tuple(_benchmark(row) for row in take(suite, "benchmarks", list)),
        tasks=tasks,
        model=take(model, "name", str),
        revision=take(model, "revision", str),
        chat_template=take(take(data, "chat_template", dict), "applied", bool),
    )


def _task_plan(row: Any) -> TaskPlan:
    filters = take(row, "filters", list)
    if not filters or not all(isinstance(name, str) for name in filters):
        raise FormError("'filters' is not a list of names")
    return TaskPlan(
        output_type=take(row, "output_type", str),
        filters=tuple(filters),
        repeats=count(row, "repeats"),
        documents=count(row, "documents"),
        documents_root=digest(row, "documents_root"),
        requests=count(row, "requests"),
        requests_root=digest(row, "requests_root"),
    )


def scores_from(data: Any) -> Scores:
    """Read `results/scores.json`."""
    score = versioned(data, "score", dict)
    return Scores(
        benchmarks=tuple(
            Measured(_claim(row), number(row, "value"), _stderr(row), count(row, "n"))
            for row in take(data, "benchmarks", list)
        ),
        value=number(score, "value"),
        stderr=_stderr(score),
        samples=tuple(
            SamplesRoot(take(row, "task", str), count(row, "rows"), digest(row, "root"))
            for row in take(data, "samples", list)
        ),
    )


def weights_from(data: Any) -> Weights:
    """Read `run/weights.json`."""
    files = tuple(
        (take(row, "path", str), count(row, "size"), digest(row, "sha256"))
        for row in versioned(data, "files", list)
    )
    return Weights(take(data, "model", str), take(data, "revision", str), files)


def results_from(data: Any) -> dict[str, Any]:
    """Read `results/results.json`, lm-eval's own; the keys that the checks need must be objects."""
    for key in ("results", "configs"):
        take(data, key, dict)
    for key in ("groups", "group_subtasks", "n-samples", "task_hashes"):
        if key in data:
            take(data, key, dict)
    found: dict[str, Any] = data
    return found


def _benchmark(row: Any) -> BenchmarkPlan:
    aggregation = take(row, "aggregation", str)
    if aggregation not in {"mean", "weighted"}:
        raise FormError(f"there is no aggregation {aggregation!r}")
    return BenchmarkPlan(
        claim=_claim(row),
        weighted=aggregation == "weighted",
        normalised=take(row, "normalised", bool),
        withheld=take(row, "withheld", bool),
        sources=tuple(_source(each) for each in take(row, "components", list)),
    )


def _source(row: Any) -> Source:
    baseline = number(row, "baseline")
    if not 0 <= baseline < 1:
        raise FormError("'baseline' is not from 0 to below 1")
    task, metric, kept = (take(row, key, str) for key in ("task", "metric", "filter"))
    return Source(task, metric, kept, baseline)


def _claim(row: Any) -> Claim:
    metrics = take(row, "metrics", list)
    if not metrics or not all(isinstance(metric, str) for metric in metrics):
        raise FormError("'metrics' is not a list of names")
    return Claim(
        take(row, "name", str), take(row, "task", str), tuple(metrics), take(row, "filter", str)
    )


def _stderr(row: Any) -> float | None:
    if isinstance(row, dict) and "stderr" in row and row["stderr"] is None:
        return None
    return number(row, "stderr")


def versioned(data: Any, key: str, kind: type[T]) -> T:
    """Return a field of a document whose version is the one that is known here."""
    if count(data, "v") != 1:
        raise FormError(f"it has version {data['v']}; this assay knows version 1 only")
    return take(data, key, kind)


def take(row: Any, key: str, kind: type[T]) -> T:
    """Return a field that must exist and have this type; `true` is no number."""
    value = row.get(key) if isinstance(row, dict) else None
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise FormError(f"'{key}' is missing or not of type {kind.__name__}")
    return value


def count(row: Any, key: str) -> int:
    """Return a field that must be a whole number from 0 to 2**53."""
    value = take(row, key, int)
    if not 0 <= value <= 2**53:
        raise FormError(f"'{key}' is out of range")
    return value


def number(row: Any, key: str) -> float:
    """Return a field that must be a number; canonical JSON writes 1.0 as 1."""
    value = row.get(key) if isinstance(row, dict) else None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= 2**53:
        return float(value)
    return take(row, key, float)


def digest(row: Any, key: str) -> str:
    """Return a field that must be 64 hexadecimal digits."""
    value = take(row, key, str)
    if not _HEX64.fullmatch(value):
        raise FormError(f"'{key}' is not a SHA-256 in hexadecimal")
    return value
