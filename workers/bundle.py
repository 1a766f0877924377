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
from evaluations.provenance.merkle import tree_root_hex
from evaluations.scoring.aggregate import Estimate, mean_of

SEEDS = [0, 1234, 1234, 1234]
#: What of a slot belongs into the bundle; the rest is scaffolding.
_BUNDLED = ("run", "task", "results")


@dataclass(frozen=True, slots=True)
class BenchmarkSpec:
    """One benchmark of a suite, as a plan records it; `baseline` is the score of guessing."""

    name: str
    task: str
    num_fewshot: int
    metric: str
    filter: str
    baseline: float


@dataclass(frozen=True, slots=True)
class Score:
    """A benchmark's outcome: value and standard error on the metric's scale, n documents."""

    benchmark: BenchmarkSpec
    estimate: Estimate
    n: int


def write_config(root: Path, *, tasks: Sequence[str], dtype: str, chat_template: bool) -> None:
    """Write `run/config.yaml`, which plans our run and reproduces it with stock lm-eval."""
    config = {
        "model": "hf",
        "model_args": {"pretrained": "model", "dtype": dtype},
        "tasks": list(tasks),
        "include_path": "task",
        "batch_size": 1,
        "device": "cpu",
        "seed": SEEDS,
        "apply_chat_template": chat_template,
        "fewshot_as_multiturn": chat_template,
        "log_samples": True,
        "output_path": "reproduced",
    }
    path = root / "run" / "config.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")


def read_scores(root: Path, benchmarks: Sequence[BenchmarkSpec]) -> list[Score]:
    """Read each benchmark's value from `results/results.json`.

    Raises:
        KeyError: if lm-eval reported no such task, metric or filter.
    """
    results = json.loads((root / "results" / "results.json").read_bytes())
    scores = []
    for benchmark in benchmarks:
        row = results["results"][benchmark.task]
        value = float(row[f"{benchmark.metric},{benchmark.filter}"])
        stderr = row[f"{benchmark.metric}_stderr,{benchmark.filter}"]
        # lm-eval writes the text "N/A" where a metric has no standard error.
        estimate = Estimate(value, None if isinstance(stderr, str) else float(stderr))
        n = int(results["n-samples"][benchmark.task]["effective"])
        scores.append(Score(benchmark, estimate, n))
    return scores


def write_scores(root: Path, scores: Sequence[Score]) -> Estimate:
    """Compress the samples, write `results/scores.json` and return the board's score."""
    samples = [_compress(path) for path in sorted((root / "results" / "samples").glob("*.jsonl"))]
    total = mean_of([score.estimate for score in scores])
    document = {
        "v": 1,
        "benchmarks": [
            {
                "name": score.benchmark.name,
                "task": score.benchmark.task,
                "metric": score.benchmark.metric,
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


def _compress(path: Path) -> dict[str, Any]:
    """Replace a samples file by its compressed form and return its row count and root."""
    lines = path.read_bytes().removesuffix(b"\n").split(b"\n")
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
    # Without local labels such as +cpu, which no package index offers; the plan has torch's.
    versions = {name: v.partition("+")[0] for name, v in environment["packages"].items()}
    lock = "".join(f"{name}=={v}\n" for name, v in versions.items() if name != "assay")
    (run / "requirements.lock").write_text(lock, encoding="utf-8")
    (run / "environment.json").write_bytes(
        jcs({k: v for k, v in environment.items() if k != "packages"})
    )


def seal(root: Path, sealed: Path, target: Path) -> str:
    """Write the bundle of a finished slot as a tar file.

    Args:
        root: the slot.
        sealed: an empty folder that takes the bundle's files (moved, not copied).
        target: the tar file to write.

    Returns:
        The manifest's SHA-256.
    """
    for name in _BUNDLED:
        (root / name).rename(sealed / name)
    digest = write_manifest(sealed)
    with target.open("wb") as file:
        write_tar(sealed, file)
    return digest
