"""A suite as plans, statements and the log describe it."""

from typing import Any

from evaluations.models import Suite
from evaluations.provenance.canonical import jcs, sha256_hex
from evaluations.provenance.records import documents_root

_FIELDS = (
    "name", "task", "num_fewshot", "metrics", "filter", "baseline",
    "aggregation", "normalised", "withheld", "components",
)  # fmt: skip


def protocol(suite: Suite) -> dict[str, Any]:
    """Return what a plan says of a suite: all that decides how answers become scores."""
    return {
        "name": suite.name,
        "version": suite.version,
        "sha256": suite.sha256,
        "aggregation": suite.aggregation,
        "benchmarks": list(suite.benchmarks.values(*_FIELDS)),
    }


def benchmark_version(suite: Suite) -> dict[str, Any]:
    """Return what the log says of a suite's benchmarks: digests that follow from any plan of it."""
    pinned = suite.pins.get("documents", {})
    tasks = {
        task: {"documents": found["count"], "documents_root": found["root"]}
        for task, found in pinned.items()
    }
    return {
        "suite": str(suite),
        "specSha256": sha256_hex(jcs(protocol(suite))),
        "docsRoot": documents_root(tasks),
        "documents": sum(found["count"] for found in pinned.values()),
    }
