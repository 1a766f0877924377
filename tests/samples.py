"""Results with samples: rows as lm-eval writes them, in a bundle, and copied into tables."""

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import zstandard

from evaluations.models import Result
from evaluations.provenance.bundle import stream_tar
from evaluations.provenance.merkle import tree_root_hex
from evaluations.services import sample_tables
from tests import factories
from tests.bundles import line, sample


def choice(
    doc_id: int,
    question: str = "What is it?",
    choices: Sequence[str] = ("one", "two"),
    *,
    gold: int = 0,
    answers: Sequence[float] = (-1.0, -2.0),
    shots: str = "",
) -> dict[str, Any]:
    """A multiple-choice row, right if the likeliest choice is the target."""
    logged = [[str(answer), "False"] for answer in answers]
    made: dict[str, Any] = sample(
        doc_id,
        {"question": question, "choices": list(choices), "gold": gold},
        str(gold),
        [[f"{shots}{question}\nAnswer:", f" {text}"] for text in choices],
        resps=[[one] for one in logged],
        filtered_resps=logged,
        filter="none",
        metrics={"acc": float(answers[gold] == max(answers))},
    )
    return made


def written(
    doc_id: int, question: str, answer: str, target: str, *, kept: str | None = None
) -> list[dict[str, Any]]:
    """A generated answer under two filters: as it is, and what of it was kept."""
    kept = answer if kept is None else kept
    return [
        sample(
            doc_id, {"question": question}, target,
            [[f"{question}\n", {"until": ["\n"]}]],
            resps=[[answer]], filtered_resps=[text], filter=name,
            metrics={"exact_match": float(text == target)},
        )
        for name, text in (("raw", answer), ("kept", kept))
    ]  # fmt: skip


def by_filter(documents: Sequence[Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Put rows into lm-eval's order: filter by filter, in each document by document."""
    return [row for rows in zip(*documents, strict=True) for row in rows]


def bundle_of(tasks: Mapping[str, Sequence[Any]], *, kept: Sequence[str] | None = None) -> bytes:
    """A bundle's tar with these samples; of tasks that aren't `kept` only number and root."""
    listed = [
        {"task": task, "rows": len(rows), "root": tree_root_hex(map(line, rows))}
        for task, rows in sorted(tasks.items())
    ]
    files = {"manifest.json": b'{"files":[]}'}
    files["results/scores.json"] = json.dumps({"v": 1, "samples": listed}).encode()
    for task, rows in tasks.items():
        if kept is None or task in kept:
            text = b"".join(line(row) + b"\n" for row in rows)
            files[f"results/samples/{task}.jsonl.zst"] = zstandard.compress(text)
    out = io.BytesIO()
    for chunk in stream_tar((name, len(data), [data]) for name, data in sorted(files.items())):
        out.write(chunk)
    return out.getvalue()


def make_sampled(
    tasks: Mapping[str, Sequence[Any]],
    *,
    tables: bool = True,
    withheld: Sequence[str] = (),
    languages: Mapping[str, list[str]] | None = None,
) -> Result:
    """Publish a result with these rows; each task is a benchmark of its own."""
    suite = factories.make_suite()
    for task, rows in tasks.items():
        metric = rows[0]["metrics"][0] if rows and isinstance(rows[0], dict) else "acc"
        name = rows[-1]["filter"] if rows and isinstance(rows[-1], dict) else "none"
        factories.make_benchmark(
            suite,
            task.replace("_", "-").lower()[:50],
            task=task,
            title=task.replace("_", " ").capitalize(),
            metrics=[metric],
            filter=name,
            withheld=task in withheld,
            languages=(languages or {}).get(task, ["en"]),
            documents=len(rows),
            components=[{"task": task, "metric": metric, "filter": name, "baseline": 0.25}],
        )
    kept = [task for task in tasks if task not in withheld]
    board = factories.make_board(suite=suite, benchmarks=())
    result = factories.make_result(board=board, bundle=bundle_of(tasks, kept=kept))
    if tables:
        sample_tables.derive(result=result)
    return result
