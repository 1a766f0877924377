"""Our recomputation against lm-eval itself: real tasks, made-up answers, lm-eval's own files."""

import copy
import json
import os
import random
from typing import Any

import pytest

from evaluations.provenance.canonical import jcs, parse_strict
from evaluations.provenance.verify import verify_bundle
from tests.bundles import Draft, benchmark, plan_of, planned, score_of, weights, write_files

pytestmark = pytest.mark.engine

COUNT = 23
WORDS = ["Straße", "STRASSE", "a.b", "A B", "İzmir", "izmir", "12", "twelve!", "the end", "End"]


def documents(chance):
    for _ in range(COUNT):
        choices = chance.sample(["a", "bb", "ccc", "größer", "eeeee", "f f"], 4)
        gold = chance.randrange(4)
        yield {
            "question": f'{chance.random():.6f} Größe "?"',
            "choices": choices,
            "gold": gold,
            "answer": choices[gold],
            "several": chance.sample(range(4), 2),
            "word": chance.choice(WORDS),
            "words": chance.sample(WORDS, 2),
        }


def mean(metric, **settings):
    return {"metric": metric, "aggregation": "mean", "higher_is_better": True, **settings}


CHOICE: dict[str, Any] = {
    "output_type": "multiple_choice",
    "doc_to_text": "{{question}}",
    "doc_to_choice": "{{choices}}",
    "doc_to_target": "{{gold}}",
    "metric_list": [mean(name) for name in ("acc", "acc_norm", "acc_bytes", "exact_match")],
}
COPY: dict[str, Any] = {
    "output_type": "generate_until",
    "doc_to_text": "Copy {{word}}",
    "doc_to_target": "{{word}}",
    "generation_kwargs": {"until": ["\n"], "do_sample": False, "temperature": 0.0},
    "metric_list": [mean("exact_match")],
}
LOOSE: dict[str, Any] = {
    "ignore_case": True,
    "ignore_punctuation": True,
    "regexes_to_ignore": ["the ", "[ß ]"],
}
VOTE = [
    {"name": "first", "filter": [{"function": "take_first"}]},
    {
        "name": "vote",
        "filter": [
            {"function": "regex", "regex_pattern": "([A-Za-z]+)|([0-9]+)", "group_select": -1},
            {"function": "lowercase"},
            {"function": "majority_vote"},
            {"function": "take_first"},
        ],
    },
]
TASKS: dict[str, dict[str, Any]] = {
    "eng_template": CHOICE,
    "eng_index": CHOICE | {"doc_to_choice": "choices", "doc_to_target": "gold"},
    "eng_text": CHOICE | {"doc_to_target": "answer", "target_delimiter": ""},
    "eng_several": CHOICE | {"doc_to_target": "several"},
    "eng_several_template": CHOICE | {"doc_to_target": "{{several}}"},
    "eng_mapped": CHOICE | {"doc_to_choice": {"z": "yes", "b": "no", "c": "x", "a": "y"}},
    "eng_constant": CHOICE | {"doc_to_choice": ["yes", "no"], "doc_to_target": 1},
    "eng_default": {k: v for k, v in CHOICE.items() if k != "metric_list"},
    "eng_copy": COPY,
    "eng_loose": COPY | {"metric_list": [mean("exact_match", **LOOSE, ignore_numbers=True)]},
    "eng_any": COPY | {"doc_to_target": "words", "metric_list": [mean("exact_match", **LOOSE)]},
    "eng_vote": COPY | {"repeats": 3, "filter_list": VOTE},
    "eng_choice_text": COPY | {"doc_to_choice": "choices", "doc_to_target": "gold"},
    "eng_greedy": {
        "output_type": "loglikelihood",
        "doc_to_text": "{{question}}",
        "doc_to_target": "{{word}}",
        "metric_list": [mean("acc"), {"metric": "perplexity", "aggregation": "perplexity"}],
    },
    "eng_rolling": {
        "output_type": "loglikelihood_rolling",
        "doc_to_text": "",
        "doc_to_target": "{{question}} {{word}}",
    },
    "eng_own": CHOICE | {"process_results": "!function own.score", "metric_list": [mean("own")]},
}
OWN = "def score(doc, results):\n    return {'own': doc['gold'] / (1 + len(results[0]))}\n"
GROUPS: dict[str, tuple[tuple[str, ...], bool]] = {
    "eng_sized": (("eng_index", "eng_template"), True),
    "eng_plain": (("eng_text", "eng_sized"), False),
}
COMPUTED = set(TASKS) - {"eng_own"}


def write_tasks(folder):
    chance = random.Random(3)
    rows = "".join(json.dumps(doc) + "\n" for doc in documents(chance))
    files = {"test.jsonl": rows.encode(), "own.py": OWN.encode()}
    files["short.jsonl"] = "".join(rows.splitlines(keepends=True)[:9]).encode()
    for name, task in TASKS.items():
        data = folder / ("short.jsonl" if name == "eng_text" else "test.jsonl")
        source = {
            "task": name,
            "dataset_path": "json",
            "dataset_kwargs": {"data_files": {"test": str(data)}},
            "test_split": "test",
            "num_fewshot": 0,
        }
        text = json.dumps(task | source, indent=1)  # JSON is YAML, but for the function
        files[f"{name}.yaml"] = text.replace(
            '"!function own.score"', "!function own.score"
        ).encode()
    for name, (children, weighted) in GROUPS.items():
        metric = [{"metric": m, "weight_by_size": weighted} for m in ("acc", "acc_norm")]
        group = {"group": name, "task": list(children), "aggregate_metric_list": metric}
        files[f"{name}.yaml"] = json.dumps(group).encode()
    write_files(folder, files)


def evaluate_with(seed, folder):
    from lm_eval.api.model import LM
    from lm_eval.evaluator import evaluate
    from lm_eval.tasks import TaskManager

    class Guesser(LM):  # type: ignore[misc]
        """Answers at random; half of its answers have equal log-likelihoods somewhere."""

        def __init__(self):
            super().__init__()
            self.chance = random.Random(seed)

        def loglikelihood(self, requests, disable_tqdm=False):
            return [
                (-self.chance.choice([self.chance.uniform(0, 9), 1.5]), self.chance.random() < 0.5)
                for _ in requests
            ]

        def loglikelihood_rolling(self, requests, disable_tqdm=False):
            return [-self.chance.uniform(1, 50) for _ in requests]

        def generate_until(self, requests, disable_tqdm=False):
            endings = ["", "", ".", "\0", " the"]
            return [self.chance.choice(WORDS) + self.chance.choice(endings) for _ in requests]

    manager = TaskManager(include_path=str(folder), include_defaults=False)
    grouped = {child for children, _ in GROUPS.values() for child in children}
    loaded = manager.load(sorted({*TASKS, *GROUPS} - grouped))
    return evaluate(lm=Guesser(), task_dict=loaded, bootstrap_iters=1000, log_samples=True)


def saved(results, folder):
    """lm-eval's files, read back: results as JSON and the rows of each task."""
    from lm_eval.loggers import EvaluationTracker

    samples = results.pop("samples")
    tracker = EvaluationTracker(output_path=str(folder))
    tracker.save_results_aggregated(results=results, samples=samples)
    written = json.loads(next(folder.rglob("results_*.json")).read_bytes())
    rows = {}
    for task, kept in samples.items():
        tracker.save_results_samples(task_name=task, samples=kept)
        [path] = folder.rglob(f"samples_{task}_*.jsonl")
        rows[task] = path.read_bytes().splitlines()
    keys = ("results", "groups", "group_subtasks", "configs", "n-samples", "task_hashes")
    return parse_strict(jcs({key: written[key] for key in keys})), rows


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """A draft of a bundle of everything that lm-eval said."""
    folder = tmp_path_factory.mktemp("engine")
    write_tasks(folder / "tasks")
    before, os.environ["DISABLE_MULTIPROC"] = os.environ.get("DISABLE_MULTIPROC"), "1"
    try:
        results, lines = saved(evaluate_with(5, folder / "tasks"), folder / "saved")
    finally:
        if before is None:
            del os.environ["DISABLE_MULTIPROC"]
    tasks = {
        task: planned(
            [json.loads(line) for line in kept],
            results["configs"][task]["output_type"],
            repeats=results["configs"][task]["repeats"],
        )
        for task, kept in lines.items()
    }
    benchmarks = [benchmark("eng_index", "acc_norm", "none"), benchmark("eng_plain", "acc", "none")]
    scores = score_of(results, benchmarks)
    return Draft(plan_of(benchmarks, tasks), weights(), results, scores, lines).restate()


def test_lm_evals_own_results_are_recomputed_exactly(evaluated, tmp_path):
    report = verify_bundle(evaluated.write(tmp_path))
    assert [c.outcome for c in report.checks if c.outcome == "FAIL"] == []
    why = report.checks[10].why
    said = why.split("from responses: ")[1].split("; from per-sample")[0]
    assert {one.split(" (")[0] for one in said.split("), ")} == COMPUTED
    assert "eng_own (own; metrics: they are made by the task's own Python)" in why
    assert "not part of the score: perplexity_stderr,none of eng_greedy" in why


def test_values_are_not_all_alike(evaluated):
    """The test above would hold for a model that is always wrong, too."""
    rows = evaluated.results["results"]
    values = {
        v for row in rows.values() for key, v in row.items() if key.startswith(("acc", "exact"))
    }
    assert len(values) > 20
    assert 0 < rows["eng_loose"]["exact_match,none"] < 1
    assert rows["eng_vote"]["exact_match,first"] != rows["eng_vote"]["exact_match,vote"]


@pytest.mark.parametrize("name", [*TASKS, *GROUPS])
def test_other_last_digits_of_a_value_are_refused(evaluated, tmp_path, name):
    """Four units in the last place: one unit may be what the other way to add gives."""
    made = copy.deepcopy(evaluated)
    for part in ("results", "groups"):
        row = made.results[part].get(name, {"x,x": 0.0})
        key = max(key for key in row if "," in key and "_stderr" not in key)
        row[key] += (row[key] or 1.0) * 2**-50
    report = verify_bundle(made.write(tmp_path))
    assert report.checks[10].outcome == "FAIL"
    assert name in report.checks[10].why


def test_exact_match_equals_lm_evals_on_odd_texts():
    from lm_eval.api.metrics import exact_match_hf_evaluate

    from evaluations.provenance.rescore.exact import exact_match

    chance = random.Random(9)
    pieces = ["İ", "ß", "ŉ", "a", "A", ".", " ", "\0", "1", "é", "E\u0301", "\U0001d504", "the "]
    settings: list[dict[str, Any]] = [
        {},
        {"ignore_case": True},
        LOOSE,
        {"ignore_numbers": True, "ignore_case": True},
    ]
    for _ in range(3000):
        texts = ["".join(chance.choices(pieces, k=chance.randint(0, 4))) for _ in range(4)]
        chosen, cut = chance.choice(settings), chance.choice([2, 3])
        golds, answers = texts[:cut], (texts[1:cut] + texts[:1])[:cut]
        expected = exact_match_hf_evaluate(predictions=answers, references=golds, **chosen)
        assert exact_match(golds, answers, chosen) == expected["exact_match"]
