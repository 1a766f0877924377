"""A run's slot, which becomes its bundle: what is written before the run and after it.

`docs/bundle.md` describes the layout. Nothing here needs a database.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
import zstandard

from evaluations.provenance.bundle import write_manifest, write_tar
from evaluations.provenance.canonical import jcs
from evaluations.provenance.lock import lock_text
from evaluations.provenance.merkle import tree_root_hex
from evaluations.scoring.aggregate import Component, Estimate, benchmark_score, mean_of

SEEDS = [0, 1234, 1234, 1234]
#: What of a slot belongs into the bundle; the rest is scaffolding.
_BUNDLED = ("run", "task", "results", "exports")


@dataclass(frozen=True, slots=True)
class BenchmarkSpec:
    """One benchmark of a suite, as a plan records it; see `evaluations.models.Benchmark`."""

    name: str
    task: str
    num_fewshot: int | None
    metrics: list[str]
    filter: str
    baseline: float
    aggregation: str
    normalised: bool
    withheld: bool
    components: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Score:
    """A benchmark's outcome: value and standard error on the metric's scale, n documents."""

    benchmark: BenchmarkSpec
    estimate: Estimate
    n: int


def write_config(
    root: Path,
    *,
    tasks: Sequence[str],
    model_args: Mapping[str, str],
    chat_template: bool,
    unsafe_code: bool = False,
) -> None:
    """Write `run/config.yaml`, which plans our run and reproduces it with stock lm-eval.

    Args:
        root: the slot.
        tasks: what lm-eval is asked for.
        model_args: how it loads the model.
        chat_template: whether prompts pass through the model's own.
        unsafe_code: whether tasks may run code that the model wrote, as some of the suite do.
    """
    config = {
        "model": "hf",
        "model_args": dict(model_args),
        "tasks": list(tasks),
        "include_path": "task",
        "batch_size": 1,
        "device": "cpu",
        "seed": SEEDS,
        "apply_chat_template": chat_template,
        "fewshot_as_multiturn": chat_template,
        "log_samples": True,
        "output_path": "reproduced",
        **({"confirm_run_unsafe_code": True} if unsafe_code else {}),
    }
    path = root / "run" / "config.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")


def read_scores(root: Path, benchmarks: Sequence[BenchmarkSpec]) -> list[Score]:
    """Compute each benchmark's value from `results/results.json`.

    Raises:
        KeyError: if lm-eval reported no such task, metric or filter.
    """
    results = json.loads((root / "results" / "results.json").read_bytes())
    scores = []
    for benchmark in benchmarks:
        components = [_component(results, spec) for spec in benchmark.components]
        estimate = benchmark_score(
            components,
            weighted=benchmark.aggregation == "weighted",
            normalised=benchmark.normalised,
        )
        sizes = {component.task: component.n for component in components}
        scores.append(Score(benchmark, estimate, sum(sizes.values())))
    return scores


def _component(results: Mapping[str, Any], spec: Mapping[str, Any]) -> Component:
    row = results["results"][spec["task"]]
    value = float(row[f"{spec['metric']},{spec['filter']}"])
    stderr = row[f"{spec['metric']}_stderr,{spec['filter']}"]
    # lm-eval writes the text "N/A" where a metric has no standard error.
    estimate = Estimate(value, None if isinstance(stderr, str) else float(stderr))
    n = int(results["n-samples"][spec["task"]]["effective"])
    return Component(spec["task"], estimate, n, float(spec["baseline"]))


def write_scores(root: Path, scores: Sequence[Score]) -> Estimate:
    """Compress the samples, write `results/scores.json` and return the board's score."""
    withheld = withheld_tasks([score.benchmark for score in scores])
    paths = sorted((root / "results" / "samples").glob("*.jsonl"))
    samples = [_compress(path, keep=path.stem not in withheld) for path in paths]
    total = mean_of([score.estimate for score in scores])
    document = {
        "v": 1,
        "benchmarks": [
            {
                "name": score.benchmark.name,
                "task": score.benchmark.task,
                "metrics": score.benchmark.metrics,
                "filter": score.benchmark.filter,
                "value": score.estimate.value,
                "stderr": score.estimate.stderr,
                "n": score.n,
            }
            for score in scores
        ],
        "score": {"value": total.value, "stderr": total.stderr},
        "samples": samples,
    }
    (root / "results" / "scores.json").write_bytes(jcs(document))
    return total


def withheld_tasks(benchmarks: Sequence[BenchmarkSpec]) -> set[str]:
    """Return the tasks whose samples stay out of bundles."""
    return {c["task"] for b in benchmarks if b.withheld for c in b.components}


def _compress(path: Path, *, keep: bool) -> dict[str, Any]:
    """Replace a samples file by its compressed form and return its row count and root.

    What is withheld leaves only these two: who has the items can still hold rows against them.
    """
    lines = path.read_bytes().removesuffix(b"\n").split(b"\n")
    if keep:
        packed = zstandard.ZstdCompressor(level=3).compress(path.read_bytes())
        path.with_suffix(".jsonl.zst").write_bytes(packed)
    path.unlink()
    return {"task": path.stem, "rows": len(lines), "root": tree_root_hex(lines)}


def write_run(
    root: Path,
    *,
    plan: Mapping[str, Any],
    weights: Mapping[str, Any],
    environment: Mapping[str, Any],
) -> None:
    """Write what `run/` says beside the config: plan, weights, environment, packages."""
    run = root / "run"
    (run / "plan.json").write_bytes(jcs(plan))
    (run / "weights.json").write_bytes(jcs(weights))
    (run / "requirements.lock").write_text(lock_text(environment["packages"]), encoding="utf-8")
    (run / "environment.json").write_bytes(
        jcs({k: v for k, v in environment.items() if k != "packages"})
    )


def seal(root: Path, sealed: Path) -> str:
    """Move what belongs into the bundle out of a finished slot, and write its manifest.

    Args:
        root: the slot.
        sealed: an empty folder that takes the bundle's files.

    Returns:
        The manifest's SHA-256.
    """
    for name in _BUNDLED:
        if (root / name).exists():
            (root / name).rename(sealed / name)
    return write_manifest(sealed)


def write_bundle(sealed: Path, evidence: Mapping[str, bytes], target: Path) -> None:
    """Write a sealed folder as a tar file, with what was signed and logged of it.

    Args:
        sealed: the folder.
        evidence: more files, by their paths.
        target: the tar file.
    """
    for name, data in evidence.items():
        path = sealed / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    with target.open("wb") as file:
        write_tar(sealed, file)
