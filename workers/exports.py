"""A result in the formats of other catalogues, so that they need not scrape a page.

`eval_results.yaml` is what a model's repository takes below `.eval_results/`, `model_index.yaml`
the older block of a model card, `every_eval_ever.json` a record of evaleval/every_eval_ever, schema
0.2.1. The manifest covers them; no check reads them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from huggingface_hub import EvalResult, EvalResultEntry
from huggingface_hub import eval_result_entries_to_yaml as to_entries
from huggingface_hub.repocard_data import eval_results_to_model_index

from evaluations.provenance.canonical import jcs, parse_strict

_SCHEMA = "0.2.1"


def write_exports(root: Path, *, name: str, at: str, origin: str) -> None:
    """Write `exports/` of a bundle whose scores and plan are written.

    Args:
        root: the bundle's.
        name: the model's, without its source.
        at: when it was evaluated, in UTC.
        origin: the name of the log that has the result.
    """
    plan, results, scores = (
        parse_strict((root / path).read_bytes())
        for path in ("run/plan.json", "results/results.json", "results/scores.json")
    )
    # What lies in files of the suite's own has no name that others know.
    rows = [
        (row, _dataset(results["configs"].get(row["task"], {}))) for row in scores["benchmarks"]
    ]
    folder = root / "exports"
    folder.mkdir()
    _write(folder / "eval_results.yaml", to_entries(_entries(rows, at)))
    _write(folder / "model_index.yaml", {"model-index": _index(name, rows)})
    record = _record(plan, rows, name=name, at=at, origin=origin)
    (folder / "every_eval_ever.json").write_bytes(jcs(record))


_Row = tuple[Mapping[str, Any], tuple[str, str | None] | None]


def _dataset(config: Mapping[str, Any]) -> tuple[str, str | None] | None:
    """Return a hub dataset's name and commit; None for files of the suite's own."""
    path = config.get("dataset_path")
    if not isinstance(path, str) or "/" not in path:
        return None
    return path, (config.get("dataset_kwargs") or {}).get("revision")


def _entries(rows: Sequence[_Row], at: str) -> list[EvalResultEntry]:
    return [
        EvalResultEntry(
            dataset_id=dataset[0],
            dataset_revision=dataset[1],
            task_id=row["task"],
            value=row["value"],
            date=at,
            notes=f"{' and '.join(row['metrics'])}, filter {row['filter']}, by Assay",
        )
        for row, dataset in rows
        if dataset is not None
    ]


def _index(name: str, rows: Sequence[_Row]) -> list[dict[str, Any]]:
    index: list[dict[str, Any]] = eval_results_to_model_index(
        name,
        [
            EvalResult(
                task_type="text-generation",
                dataset_name=row["name"],
                dataset_type=dataset[0] if dataset else row["task"],
                dataset_revision=dataset[1] if dataset else None,
                metric_type="+".join(row["metrics"]),
                metric_value=row["value"],
            )
            for row, dataset in rows
        ],
    )
    return index


def _record(
    plan: Mapping[str, Any], rows: Sequence[_Row], *, name: str, at: str, origin: str
) -> dict[str, Any]:
    seconds = str(int(datetime.fromisoformat(at).timestamp()))
    suite = plan["suite"]
    return {
        "schema_version": _SCHEMA,
        "evaluation_id": f"{suite['name']}/{name}/{seconds}",
        "evaluation_timestamp": seconds,
        "retrieved_timestamp": seconds,
        "source_metadata": {
            "source_name": origin,
            "source_type": "evaluation_run",
            "source_organization_name": origin,
            "evaluator_relationship": "third_party",
        },
        "eval_library": {"name": "lm_eval", "version": plan["engine"]["lm_eval"]},
        "model_info": {
            "name": name,
            "id": name,
            "additional_details": {"revision": plan["model"]["revision"]},
        },
        "evaluation_results": [_result(row, dataset) for row, dataset in rows],
    }


def _result(row: Mapping[str, Any], dataset: tuple[str, str | None] | None) -> dict[str, Any]:
    source: dict[str, Any] = {"dataset_name": row["name"], "source_type": "other"}
    if dataset is not None:
        source |= {"source_type": "hf_dataset", "hf_repo": dataset[0]}
    uncertainty: dict[str, Any] = {"num_samples": row["n"]}
    if row["stderr"] is not None:
        uncertainty["standard_error"] = {"value": row["stderr"], "method": "lm_eval"}
    return {
        "evaluation_name": row["name"],
        "source_data": source,
        "metric_config": {
            "evaluation_description": f"{' and '.join(row['metrics'])}, filter {row['filter']}",
            "lower_is_better": False,
            "score_type": "continuous",
            "min_score": 0,
            "max_score": 1,
        },
        "score_details": {"score": row["value"], "uncertainty": uncertainty},
    }


def _write(path: Path, value: Any) -> None:
    path.write_text(yaml.safe_dump(value, sort_keys=False, allow_unicode=True), encoding="utf-8")
