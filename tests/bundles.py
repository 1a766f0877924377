"""Small honest bundles, made with the standard library from docs/bundle.md, and parts to spoil.

The numbers are computed here in another way than the code under test computes them.
"""

import hashlib
import io
import json
import math
import random
import re
import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import zstandard

from evaluations.provenance.bundle import write_manifest, write_tar
from evaluations.provenance.canonical import jcs
from evaluations.provenance.merkle import tree_root_hex

CHOICE, COPY = "made_up_choice", "made_up_copy"
WEIGHTS = {"model.safetensors": b"weights" * 40, "config.json": b"{}"}
DOCUMENTS = 12
ENGINE = {
    "name": "hf", "lm_eval": "0.4.13", "transformers": "5.23.0", "torch": "2.13.0",
    "dtype": "float32", "batch_size": 1, "device": "cpu",
}  # fmt: skip


def sha256(data: bytes | str) -> str:
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


@dataclass
class Draft:
    """A bundle's contents before they are written; a test changes one thing and writes it."""

    plan: dict[str, Any]
    weights: dict[str, Any]
    results: dict[str, Any]
    scores: dict[str, Any]
    rows: dict[str, list[Any]]
    extra: dict[str, bytes] = field(default_factory=dict)

    def restate(self) -> "Draft":
        """Count and hash the rows again in `scores.json`, as a careful forger would."""
        self.scores["samples"] = [
            {"task": task, "rows": len(rows), "root": tree_root_hex(map(line, rows))}
            for task, rows in sorted(self.rows.items())
        ]
        return self

    def files(self) -> dict[str, bytes]:
        """Everything but the manifest."""
        files = {
            "run/config.yaml": b"model: hf\n",
            "run/requirements.lock": b"lm_eval==0.4.13\n",
            "run/environment.json": b'{"device":"cpu"}',
            "run/plan.json": jcs(self.plan),
            "run/weights.json": jcs(self.weights),
            "results/results.json": jcs(self.results),
            "results/scores.json": jcs(self.scores),
        } | {f"results/samples/{task}.jsonl.zst": pack(rows) for task, rows in self.rows.items()}
        return files | self.extra

    def write(self, root: Path) -> Path:
        """Write everything and a manifest that fits it."""
        write_files(root, self.files())
        write_manifest(root)
        return root


def write_files(root: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)


def line(row: Any) -> bytes:
    """A row as lm-eval writes it; a test may give the bytes of a spoiled one."""
    return row if isinstance(row, bytes) else json.dumps(row, ensure_ascii=False).encode()


def pack(rows: list[Any]) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(b"".join(line(row) + b"\n" for row in rows))


def make_tar(root: Path) -> bytes:
    target = io.BytesIO()
    write_tar(root, target)
    return target.getvalue()


def doc_hash(doc: Any) -> str:
    return sha256(json.dumps(doc, indent=2, ensure_ascii=False))


def request_hash(arguments: list[Any]) -> bytes:
    text = json.dumps(arguments, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()


def planned(rows: list[dict[str, Any]], output_type: str, *, repeats: int = 1) -> dict[str, Any]:
    """The plan of a task whose rows are already there."""
    filters = list(dict.fromkeys(row["filter"] for row in rows))
    first = [row for row in rows if row["filter"] == filters[0]]
    requests = [
        request_hash(list(arguments.values()))
        for row in first
        for arguments in row["arguments"].values()
    ]
    return {
        "output_type": output_type,
        "filters": filters,
        "repeats": repeats,
        "documents": len(first),
        "documents_root": tree_root_hex(bytes.fromhex(doc_hash(row["doc"])) for row in first),
        "requests": len(requests),
        "requests_root": tree_root_hex(requests),
    }


def sample(doc_id: int, doc: Any, target: str, requests: list[list[Any]], **rest: Any) -> Any:
    """A row as lm-eval writes it."""
    metrics = rest.pop("metrics")
    return {
        "doc_id": doc_id,
        "doc": doc,
        "target": target,
        "arguments": {
            f"gen_args_{i}": {f"arg_{j}": argument for j, argument in enumerate(arguments)}
            for i, arguments in enumerate(requests)
        },
        **rest,
        "metrics": list(metrics),
        "doc_hash": doc_hash(doc),
        "prompt_hash": sha256(requests[0][0]),
        "target_hash": sha256(target),
        **metrics,
    }


def choice_rows(chance: random.Random, count: int = DOCUMENTS, shots: str = "") -> list[Any]:
    return [choice_row(chance, doc_id, shots) for doc_id in range(count)]


def choice_row(chance: random.Random, doc_id: int, shots: str = "") -> dict[str, Any]:
    choices = [chance.choice("abcdefgh") * chance.randint(1, 9) for _ in range(4)]
    gold = chance.randrange(4)
    answers = [round(-chance.uniform(0.1, 9), 6) for _ in choices]
    doc = {"question": f"Größe {doc_id}?", "choices": choices, "gold": gold}
    logged = [[str(answer), "False"] for answer in answers]
    scaled = [answer / len(choice) for answer, choice in zip(answers, choices, strict=True)]
    metrics = {
        "acc": float(answers[gold] == max(answers)),
        "acc_norm": float(scaled[gold] == max(scaled)),
    }
    requests = [[f"{shots}{doc['question']}\nAnswer:", f" {choice}"] for choice in choices]
    made: dict[str, Any] = sample(
        doc_id, doc, str(gold), requests,
        resps=[[one] for one in logged], filtered_resps=logged, filter="none", metrics=metrics,
    )  # fmt: skip
    return made


def copy_rows(chance: random.Random, count: int = DOCUMENTS) -> list[Any]:
    docs = [{"word": chance.choice(["ab", "cd", "ef"])} for _ in range(count)]
    answers = [f" {chance.choice(['ab', 'cd', 'ef', '?'])} and so on" for _ in docs]
    rows = []
    for name in ("raw", "word"):
        for doc_id, (doc, answer) in enumerate(zip(docs, answers, strict=True)):
            word = re.findall(r"\w+", answer)[0]
            kept = answer if name == "raw" else word
            requests = [[f"Copy {doc['word']}:", {"until": ["\n"], "do_sample": False}]]
            rows.append(
                sample(
                    doc_id, doc, doc["word"], requests, resps=[[answer]], filtered_resps=[kept],
                    filter=name, metrics={"exact_match": float(kept == doc["word"])},
                )
            )  # fmt: skip
    return rows


CONFIGS = {
    CHOICE: {
        "task": CHOICE,
        "output_type": "multiple_choice",
        "doc_to_text": "{{question}}\nAnswer:",
        "doc_to_choice": "choices",
        "doc_to_target": "gold",
        "target_delimiter": " ",
        "metric_list": [
            {"metric": "acc", "aggregation": "mean", "higher_is_better": True},
            {"metric": "acc_norm", "aggregation": "mean", "higher_is_better": True},
        ],
    },
    COPY: {
        "task": COPY,
        "output_type": "generate_until",
        "doc_to_text": "Copy {{word}}:",
        "doc_to_target": "{{word}}",
        "metric_list": [{"metric": "exact_match", "aggregation": "mean"}],
        "filter_list": [
            {"name": "raw", "filter": [{"function": "take_first"}]},
            {
                "name": "word",
                "filter": [
                    {"function": "regex", "regex_pattern": r"(\w+)"},
                    {"function": "take_first"},
                ],
            },
        ],
    },
}


def entry(task: str, rows: list[Any]) -> dict[str, Any]:
    """A task's entry in `results.json`."""
    made: dict[str, Any] = {"name": task, "alias": task}
    for name in dict.fromkeys(row["filter"] for row in rows):
        kept = [row for row in rows if row["filter"] == name]
        made["sample_len"] = len(kept)
        for metric in kept[0]["metrics"]:
            values = [row[metric] for row in kept]
            made[f"{metric},{name}"] = sum(values) / len(values)
            made[f"{metric}_stderr,{name}"] = mean_error(values)
    return made


def task_hash(rows: list[Any]) -> str:
    keys = ("doc_hash", "prompt_hash", "target_hash")
    return sha256("".join(row[key] for row in rows for key in keys))


def mean_error(values: list[float]) -> float:
    mu = sum(values) / len(values)
    spread = 0.0
    for value in values:
        spread += (value - mu) ** 2
    error = math.sqrt(spread / (len(values) - 1)) / math.sqrt(len(values))
    assert abs(error - statistics.stdev(values) / len(values) ** 0.5) < 1e-12
    return error


def score_of(results: dict[str, Any], benchmarks: list[dict[str, Any]]) -> dict[str, Any]:
    """`scores.json` without its samples."""
    rows = []
    for benchmark in benchmarks:
        [source] = benchmark["components"]
        row = results["results"][source["task"]]
        metric, name = source["metric"], source["filter"]
        error = row[f"{metric}_stderr,{name}"]
        named = {key: benchmark[key] for key in ("name", "task", "metrics", "filter")}
        named |= {"value": row[f"{metric},{name}"], "n": row["sample_len"]}
        rows.append(named | {"stderr": None if error == "N/A" else error})
    value = statistics.fmean(row["value"] for row in rows)
    errors = [row["stderr"] for row in rows]
    error = None if None in errors else sum(e * e for e in errors) ** 0.5 / len(rows)
    return {"v": 1, "benchmarks": rows, "score": {"value": value, "stderr": error}}


def plan_of(benchmarks: list[dict[str, Any]], tasks: dict[str, Any]) -> dict[str, Any]:
    """`plan.json`."""
    suite = {"name": "made-up", "version": 1, "aggregation": "mean", "benchmarks": benchmarks}
    return {
        "v": 1,
        "suite": suite | {"sha256": sha256("the suite's own file")},
        "model": {"name": "local:made-up", "revision": "0" * 64},
        "engine": ENGINE,
        "chat_template": {"applied": False, "sha256": None},
        "seeds": [0, 1234, 1234, 1234],
        "pack_sha256": sha256("the pack"),
        "tasks": tasks,
    }


def weights() -> dict[str, Any]:
    files = [
        {"path": path, "size": len(data), "sha256": sha256(data)} for path, data in WEIGHTS.items()
    ]
    return {"v": 1, "model": "local:made-up", "revision": "0" * 64, "files": files}


def benchmark(task: str, metric: str, name: str) -> dict[str, Any]:
    source = {"task": task, "metric": metric, "filter": name, "baseline": 0.25}
    return {
        "name": task, "task": task, "num_fewshot": 0, "metrics": [metric], "filter": name,
        "aggregation": "mean", "normalised": False, "withheld": False, "components": [source],
    }  # fmt: skip


def draft(seed: int = 1) -> Draft:
    """An honest bundle of two tasks with twelve documents each."""
    chance = random.Random(seed)
    rows = {CHOICE: choice_rows(chance), COPY: copy_rows(chance)}
    tasks = {
        CHOICE: planned(rows[CHOICE], "multiple_choice"),
        COPY: planned(rows[COPY], "generate_until"),
    }
    results = {
        "results": {task: entry(task, kept) for task, kept in rows.items()},
        "configs": CONFIGS,
        "group_subtasks": {},
        "n-samples": {task: {"original": DOCUMENTS, "effective": DOCUMENTS} for task in rows},
        "task_hashes": {task: task_hash(kept) for task, kept in rows.items()},
    }
    benchmarks = [benchmark(CHOICE, "acc_norm", "none"), benchmark(COPY, "exact_match", "word")]
    scores = score_of(results, benchmarks)
    made = Draft(plan_of(benchmarks, tasks), weights(), results, scores, rows)
    return json_copy(made).restate()


def json_copy(made: Draft) -> Draft:
    """Cut every tie to what other drafts share."""
    parts = (made.plan, made.weights, made.results, made.scores, made.rows)
    return Draft(*json.loads(json.dumps(parts)))
