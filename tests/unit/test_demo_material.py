"""The bundled benchmarks and models are what their recipe and their cards say."""

from pathlib import Path

import pytest
import yaml

from evaluations.demo.recipe.data import main as make_data
from evaluations.inspection import inspect
from tests.servers import ROOT

_DEMO = ROOT / "evaluations" / "demo"
_MODELS = sorted((_DEMO / "models").iterdir())


def test_documents_are_the_recipes_byte_for_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["data", "--check"])
    assert make_data() == 0


def test_every_benchmark_has_documents_enough_and_none_of_them_is_an_example() -> None:
    suite = yaml.safe_load((_DEMO / "suite.yaml").read_text())
    assert len(suite["benchmarks"]) >= 3
    for benchmark in suite["benchmarks"]:
        data = _DEMO / "tasks" / benchmark["task"] / "data"
        tests, examples = (_prompts(data / f"{part}.jsonl") for part in ("test", "train"))
        assert len(tests) >= 200
        assert not set(tests) & set(examples)
        task = yaml.safe_load((data.parent / f"{benchmark['task']}.yaml").read_text())
        assert task["num_fewshot"] == benchmark["num_fewshot"]


def _prompts(path: Path) -> list[str]:
    # The id differs always; what is asked begins after it.
    return [line.partition('"prompt": ')[2] for line in path.read_text().splitlines()]


@pytest.mark.parametrize("folder", _MODELS, ids=lambda folder: folder.name)
def test_model_may_be_submitted_and_passed_on(folder: Path) -> None:
    facts = inspect(folder)
    assert facts.licence == "apache-2.0"
    assert f"{facts.parameters:,} parameters" in " ".join(facts.card.split())


def test_models_stay_small() -> None:
    assert len(_MODELS) == 3
    assert sum(file.stat().st_size for model in _MODELS for file in model.iterdir()) < 12e6
