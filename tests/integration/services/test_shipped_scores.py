"""The score of each shipped suite, from its YAML to the board's number, against hand-worked values.

Tasks stand at their baseline where nothing else is said, and one of each benchmark's has a hundred
times the documents of the others: what is weighted by mistake gives another number.
"""

import json
from pathlib import Path

import pytest

from evaluations.models import Benchmark, Suite
from evaluations.scoring.aggregate import mean_of
from evaluations.services.suites import Survey, load_suite, publish
from workers.bundle import BenchmarkSpec, read_scores

pytestmark = pytest.mark.django_db
SUITES = Path(__file__).resolve().parents[3] / "evaluations" / "suites"

#: One number for all tasks of a benchmark, or those that don't stand at their baseline.
Given = float | dict[str, float]


def leaves_of(benchmark: Benchmark) -> list[str]:
    """Return as many tasks as the benchmark stands for, those first whose baselines differ."""
    if benchmark.leaves == 1:
        return [benchmark.task]
    named = sorted(benchmark.baselines)
    return named + [f"{benchmark.task}_{n}" for n in range(benchmark.leaves - len(named))]


def published(name: str) -> Suite:
    suite, _ = load_suite(path=SUITES / name / "suite.yaml")
    leaves = {b.name: leaves_of(b) for b in suite.benchmarks.all()}
    counts = {leaf: (10, "0" * 64) for found in leaves.values() for leaf in found}
    publish(
        suite=suite,
        survey=Survey(
            lm_eval="0", tasks=[], files={}, leaves=leaves, documents=counts, datasets=[],
        ),
    )  # fmt: skip
    return suite


def scored(suite: Suite, given: dict[str, Given], folder: Path) -> dict[str, float]:
    """Return what each benchmark, and the board, makes of lm-eval's numbers."""
    results: dict[str, dict[str, float]] = {}
    for benchmark in suite.benchmarks.all():
        numbers = given[benchmark.name]
        for part in benchmark.components:
            key, value = f"{part['metric']},{part['filter']}", part["baseline"]
            if isinstance(numbers, dict):
                value = numbers.get(part["task"], numbers.get(part["metric"], value))
            else:
                value = numbers
            row = {key: value, key.replace(",", "_stderr,"): 0.01}
            results.setdefault(part["task"], {}).update(row)
    first = {leaves_of(benchmark)[0] for benchmark in suite.benchmarks.all()}
    sizes = {task: {"effective": 1000 if task in first else 10} for task in results}
    (folder / "results").mkdir()
    document = json.dumps({"results": results, "n-samples": sizes})
    (folder / "results" / "results.json").write_text(document)
    fields = BenchmarkSpec.__dataclass_fields__
    specs = [BenchmarkSpec(**row) for row in suite.benchmarks.values(*fields)]
    scores = read_scores(folder, specs)
    values = {score.benchmark.name: score.estimate.value for score in scores}
    return values | {"score": mean_of([score.estimate for score in scores]).value}


BBH, MUSR = "leaderboard_bbh", "leaderboard_musr"
CASES: dict[str, tuple[dict[str, Given], dict[str, float]]] = {
    "open-llm-v1-style": (
        {
            "arc": 0.5, "hellaswag": 0.6, "truthfulqa": 0.4, "winogrande": 0.7, "gsm8k": 0.1,
            # One subject perfect, 56 guessed.
            "mmlu": {"mmlu_0": 1.0},
        },
        {
            "arc": 0.5, "hellaswag": 0.6, "truthfulqa": 0.4, "winogrande": 0.7, "gsm8k": 0.1,
            "mmlu": (1 + 56 * 0.25) / 57,
            "score": (0.5 + 0.6 + 0.4 + 0.7 + 0.1 + 15 / 57) / 6,
        },
    ),
    "open-llm-v2": (
        {
            "ifeval": {"inst_level_strict_acc": 0.6, "prompt_level_strict_acc": 0.4},
            "bbh": {
                f"{BBH}_boolean_expressions": 0.75,  # (0.75 - 1/2) / (1/2) = 0.5
                f"{BBH}_object_counting": 10 / 19,  # (10/19 - 1/19) / (18/19) = 0.5
                f"{BBH}_ruin_names": 0.0,  # below guessing: 0
                f"{BBH}_temporal_sequences": 0.7,  # (0.7 - 1/4) / (3/4) = 0.6
                f"{BBH}_geometric_shapes": 9 / 11,  # (9/11 - 1/11) / (10/11) = 0.8
            },
            "math-hard": {"leaderboard_math_hard_0": 0.2, "leaderboard_math_hard_1": 0.5},
            "gpqa": {"leaderboard_gpqa_0": 0.4, "leaderboard_gpqa_1": 0.55},  # 0.2, 0.4, 0
            "musr": {
                f"{MUSR}_murder_mysteries": 0.6,  # 0.1 / 0.5 = 0.2
                f"{MUSR}_object_placements": 0.36,  # 0.16 / 0.8 = 0.2
                f"{MUSR}_team_allocation": 0.8,  # (0.8 - 1/3) / (2/3) = 0.7
            },
            "mmlu-pro": 0.19,  # 0.09 / 0.9
        },
        {
            "ifeval": 0.5, "bbh": 2.4 / 24, "math-hard": 0.1, "gpqa": 0.2, "musr": 1.1 / 3,
            "mmlu-pro": 0.1, "score": (0.5 + 0.1 + 0.1 + 0.2 + 1.1 / 3 + 0.1) / 6,
        },
    ),
    "african-languages": (
        {
            "afrimmlu": {"afrimmlu_tasks_prompt_1_0": 1.0},  # one language of 18
            "afrixnli": 2 / 3,  # (1/3) / (2/3)
            "afrimgsm": {"afrimgsm_tasks_prompt_1_0": 0.38},  # 0.38 / 19
            "sib": 4 / 7,  # (3/7) / (6/7)
            "injongo-intent": 0.415,  # 0.39 / 0.975
        },
        {
            "afrimmlu": 1 / 18, "afrixnli": 0.5, "afrimgsm": 0.02, "sib": 0.5,
            "injongo-intent": 0.4, "score": (1 / 18 + 0.5 + 0.02 + 0.5 + 0.4) / 5,
        },
    ),
    "multilingual": (
        {
            "belebele": {"belebele_0": 1.0, "belebele_1": 0.55},  # 1, 0.4 and 120 times 0
            "global-mmlu": 0.55, "include": 0.325, "xcopa": 0.75, "xstorycloze": 0.6,
            "xnli": 2 / 3, "multiblimp": 0.9, "global-piqa": 0.8,
        },
        {
            "belebele": 1.4 / 122, "global-mmlu": 0.4, "include": 0.1, "xcopa": 0.5,
            "xstorycloze": 0.2, "xnli": 0.5, "multiblimp": 0.8, "global-piqa": 0.6,
            "score": (1.4 / 122 + 0.4 + 0.1 + 0.5 + 0.2 + 0.5 + 0.8 + 0.6) / 8,
        },
    ),
    "safety-and-bias": (
        {"truthfulqa": 0.3, "toxigen": 0.6, "bbq": 0.45, "winogender": 0.55},
        {"truthfulqa": 0.3, "toxigen": 0.6, "bbq": 0.45, "winogender": 0.55, "score": 1.9 / 4},
    ),
}  # fmt: skip


def test_every_shipped_suite_has_its_case() -> None:
    assert sorted(CASES) == sorted(folder.name for folder in SUITES.iterdir() if folder.is_dir())


@pytest.mark.parametrize("name", sorted(CASES))
def test_score_of_a_shipped_suite_is_the_hand_worked_one(name: str, tmp_path: Path) -> None:
    given, expected = CASES[name]
    assert scored(published(name), given, tmp_path) == pytest.approx(expected, abs=1e-12)
