"""What a bundle holds, read once; each check then judges it."""

import json
from dataclasses import dataclass, field
from typing import Any, TypeVar

from evaluations.provenance.bundle import Entry
from evaluations.provenance.canonical import parse_strict
from evaluations.provenance.checks.outcome import CheckSkippedError
from evaluations.provenance.checks.reading import SAMPLES, SUFFIX, Reading, read_task
from evaluations.provenance.documents import (
    Plan,
    Scores,
    Weights,
    manifest_from,
    plan_from,
    results_from,
    scores_from,
    weights_from,
)
from evaluations.provenance.members import BundleError
from evaluations.provenance.unpack import Bundle

T = TypeVar("T")
REQUIRED = {
    "manifest.json": manifest_from,
    "run/plan.json": plan_from,
    "run/weights.json": weights_from,
    "results/results.json": results_from,
    "results/scores.json": scores_from,
}


@dataclass(slots=True)
class Evidence:
    """A bundle's contents.

    Attributes:
        documents: the required JSON files that could be read, as their types.
        readings: of each planned task that has a samples file, what its rows showed.
        problems: why check 1 must fail; empty if it must not.
    """

    bundle: Bundle
    documents: dict[str, Any] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def manifest(self) -> tuple[Entry, ...]:
        """`manifest.json`; like the ones below, it skips the check that asks if it is unusable."""
        return self._document("manifest.json", tuple)

    @property
    def plan(self) -> Plan:
        """`run/plan.json`."""
        return self._document("run/plan.json", Plan)

    @property
    def weights(self) -> Weights:
        """`run/weights.json`."""
        return self._document("run/weights.json", Weights)

    @property
    def results(self) -> dict[str, Any]:
        """`results/results.json`."""
        return self._document("results/results.json", dict)

    @property
    def scores(self) -> Scores:
        """`results/scores.json`."""
        return self._document("results/scores.json", Scores)

    def reading(self, task: str) -> Reading:
        """Return what a task's rows showed."""
        if task not in self.readings:
            raise CheckSkippedError(f"the samples of {task} are missing (see check 9)")
        return self.readings[task]

    def _document(self, path: str, kind: type[T]) -> T:
        found = self.documents.get(path)
        if not isinstance(found, kind):
            raise CheckSkippedError(f"{path} is missing or unusable (see checks 1 and 3)")
        return found


def gather(bundle: Bundle) -> Evidence:
    """Read everything that the checks need, noting what is unsafe."""
    evidence = Evidence(bundle)
    for path in bundle.members:
        if path.endswith(".json"):
            _read_json(evidence, path)
    plan: Plan | None = evidence.documents.get("run/plan.json")
    results = evidence.documents.get("results/results.json")
    for task in plan.tasks if plan else ():
        if f"{SAMPLES}{task}{SUFFIX}" in bundle:
            _read_rows(evidence, task, results)
    return evidence


def _read_json(evidence: Evidence, path: str) -> None:
    try:
        data = parse_strict(evidence.bundle.read(path))
        json.dumps(data, ensure_ascii=False).encode()  # raises for text that is no Unicode
        if path in REQUIRED:
            evidence.documents[path] = REQUIRED[path](data)
    except BundleError as error:
        evidence.problems.append(error.detail)
    except ValueError as error:
        evidence.problems.append(f"{path}: {error}")
    except RecursionError:
        evidence.problems.append(f"{path} is nested too deeply")


def _read_rows(evidence: Evidence, task: str, results: Any) -> None:
    config = results["configs"].get(task) if results else None
    known = config if isinstance(config, dict) else {}
    reading = read_task(evidence.bundle, evidence.plan, task, known)
    evidence.readings[task] = reading
    if reading.unsafe is not None:
        evidence.problems.append(reading.unsafe)
