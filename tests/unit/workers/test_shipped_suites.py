"""The suites that Assay ships, held against the lm-eval that is installed."""

from pathlib import Path
from typing import Any

import pytest

from evaluations.specification import BenchmarkSpec, SuiteSpec, read_suite
from workers import catalogue

SUITES = Path(__file__).resolve().parents[3] / "evaluations" / "suites"
NAMES = sorted(folder.name for folder in SUITES.iterdir() if folder.is_dir())
#: Tasks of each suite; what a run costs depends on it.
LEAVES = {
    "african-languages": 128,
    "multilingual": 659,
    "open-llm-v1-style": 62,
    "open-llm-v2": 39,
    "safety-and-bias": 4,
}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Everything that lm-eval knows; the suites' own groups are added by each test."""
    return catalogue.index(tmp_path_factory.mktemp("none"), ["mmlu"])


def leaves_of(known: dict[str, Any], suite: str) -> dict[str, list[catalogue.Leaf]]:
    own = SUITES / suite / "tasks"
    index = known | (catalogue.index(own, []) if own.is_dir() else {})
    return {
        benchmark.name: [
            catalogue.leaf(index, leaf) for leaf in catalogue.expand(index, benchmark.task)
        ]
        for benchmark in spec_of(suite).benchmarks
    }


def spec_of(suite: str) -> SuiteSpec:
    return read_suite(SUITES / suite / "suite.yaml")


def test_leaf_counts_are_those_that_are_documented(known: dict[str, Any]) -> None:
    counted = {}
    for name in NAMES:
        leaves = leaves_of(known, name)
        spec = spec_of(name)
        assert {b.name: b.leaves for b in spec.benchmarks} == {b: len(x) for b, x in leaves.items()}
        counted[name] = sum(len(found) for found in leaves.values())
    assert counted == LEAVES


@pytest.mark.parametrize("name", NAMES)
def test_every_task_reports_what_the_suite_ranks_by(known: dict[str, Any], name: str) -> None:
    leaves = leaves_of(known, name)
    for benchmark in spec_of(name).benchmarks:
        for leaf in leaves[benchmark.name]:
            config = known[leaf.name].cfg
            metrics = {metric["metric"]: metric for metric in leaf.metric_list}
            assert set(benchmark.metric) <= set(metrics), leaf.name
            filters = [f["name"] for f in config.get("filter_list") or [{"name": "none"}]]
            assert benchmark.filter in filters, leaf.name
            for metric in benchmark.metric:
                assert metrics[metric].get("higher_is_better", True) is True, leaf.name
                assert not metrics[metric].get("hf_evaluate"), leaf.name


@pytest.mark.parametrize("name", NAMES)
def test_baselines_are_those_of_the_choices(known: dict[str, Any], name: str) -> None:
    leaves = leaves_of(known, name)
    for benchmark in spec_of(name).benchmarks:
        names = {leaf.name for leaf in leaves[benchmark.name]}
        assert set(benchmark.baselines) <= names
        for leaf in names:
            choices = known[leaf].cfg.get("doc_to_choice")
            if isinstance(choices, list):
                guess = benchmark.baselines.get(leaf, benchmark.baseline)
                assert guess == pytest.approx(1 / len(choices)), leaf


@pytest.mark.parametrize("name", NAMES)
def test_data_come_from_a_hub_without_scripts_or_scoring_elsewhere(
    known: dict[str, Any], name: str
) -> None:
    for found in leaves_of(known, name).values():
        for leaf in found:
            assert leaf.dataset is not None, leaf.name
            assert "custom_dataset" not in known[leaf.name].cfg


def test_shots_never_override_a_task_that_was_made_for_none(known: dict[str, Any]) -> None:
    made_for_none = [
        (benchmark.name, leaf.name)
        for name in NAMES
        for benchmark in spec_of(name).benchmarks
        for leaf in leaves_of(known, name)[benchmark.name]
        if leaf.num_fewshot == 0 and benchmark.num_fewshot
    ]
    assert made_for_none == []


def test_suites_that_need_more_than_the_harness_say_so() -> None:
    assert {name: spec_of(name).requires for name in NAMES if spec_of(name).requires} == {
        "open-llm-v2": ["math", "ifeval"]
    }


def benchmark(suite: str, name: str) -> BenchmarkSpec:
    [found] = [b for b in spec_of(suite).benchmarks if b.name == name]
    return found


def test_mmlu_counts_every_subject_the_same_and_gpqa_stays_unpublished() -> None:
    assert benchmark("open-llm-v1-style", "mmlu").aggregation == "mean"
    assert benchmark("open-llm-v2", "gpqa").withheld
