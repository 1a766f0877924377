"""A result in the formats of other catalogues."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.eval_records import faults
from workers.exports import write_exports

_SCORES = {
    "benchmarks": [
        {
            "name": "words", "task": "made_up_words", "metrics": ["acc"], "filter": "none",
            "value": 0.25, "stderr": 0.03, "n": 200,
        },
        {
            "name": "arc", "task": "arc_easy", "metrics": ["acc", "acc_norm"], "filter": "none",
            "value": 0.5, "stderr": None, "n": 100,
        },
    ]
}  # fmt: skip
_CONFIGS = {
    "made_up_words": {"dataset_path": "json", "dataset_kwargs": {"data_files": "x"}},
    "arc_easy": {"dataset_path": "allenai/ai2_arc", "dataset_kwargs": {"revision": "c" * 40}},
}


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    files: dict[str, Any] = {
        "run/plan.json": {
            "suite": {"name": "demo"},
            "engine": {"lm_eval": "0.4.13"},
            "model": {"revision": "abc"},
        },
        "results/results.json": {"configs": _CONFIGS},
        "results/scores.json": _SCORES,
    }
    for path, data in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(json.dumps(data))
    write_exports(tmp_path, name="org/tree", at="2026-11-24T17:00:00Z", origin="x.example/log")
    return tmp_path / "exports"


def test_hub_dataset_is_named_with_its_commit_and_own_files_are_left_out(exported: Path) -> None:
    [entry] = yaml.safe_load((exported / "eval_results.yaml").read_text())
    dataset = {"id": "allenai/ai2_arc", "task_id": "arc_easy", "revision": "c" * 40}
    assert (entry["dataset"], entry["value"]) == (dataset, 0.5)
    assert str(entry["date"]).startswith("2026-11-24")


def test_model_index_has_every_benchmark(exported: Path) -> None:
    [model] = yaml.safe_load((exported / "model_index.yaml").read_text())["model-index"]
    assert model["name"] == "org/tree"
    values = {r["dataset"]["name"]: r["metrics"][0]["value"] for r in model["results"]}
    assert values == {"words": 0.25, "arc": 0.5}


def test_every_eval_ever_is_a_record_of_that_format(exported: Path) -> None:
    assert faults(json.loads((exported / "every_eval_ever.json").read_bytes())) == []


@pytest.mark.parametrize(
    ("place", "value", "fault"),
    [
        (("source_metadata", "source_type"), "run", "$.source_metadata.source_type: 'run' is not"),
        (("retrieved_timestamp",), 1764003600, "$.retrieved_timestamp: 1764003600 is not of type"),
        (
            ("model_info", "additional_details", "revision"),
            1,
            "revision: 1 is not of type 'string'",
        ),
        (("eval_library", "verison"), "1", "$.eval_library: Additional properties are not allowed"),
        (("evaluation_results", 1, "source_data", "hf_repo"), "", "[1].source_data: "),
        (("evaluation_results", 0, "score_details", "score"), 25, "words: 25 is out of its range"),
    ],
)
def test_record_that_breaks_the_format_is_noticed(
    exported: Path, place: tuple[Any, ...], value: object, fault: str
) -> None:
    record = json.loads((exported / "every_eval_ever.json").read_bytes())
    inner = record
    for part in place[:-1]:
        inner = inner[part]
    inner[place[-1]] = value
    [found] = faults(record)
    assert fault in found


def test_every_eval_ever_has_values_with_their_errors(exported: Path) -> None:
    record = json.loads((exported / "every_eval_ever.json").read_bytes())
    words, arc = record["evaluation_results"]
    assert words["score_details"] == {
        "score": 0.25,
        "uncertainty": {
            "num_samples": 200,
            "standard_error": {"value": 0.03, "method": "lm_eval"},
        },
    }
    assert "standard_error" not in arc["score_details"]["uncertainty"]
    assert (words["source_data"]["source_type"], arc["source_data"]["hf_repo"]) == (
        "other",
        "allenai/ai2_arc",
    )
