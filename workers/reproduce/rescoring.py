"""A second opinion on scores: the recorded answers of a bundle, replayed through lm-eval itself.

No model is needed. Questions and documents are those of the rows, which verification has held
against the plan before; tasks and their functions come from the bundle, so this runs in the runner.
"""

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from evaluations.errors import AssayError
from evaluations.provenance.rows import Row, parse_row
from workers import answers, definitions, pack
from workers.reproduce.running import LARGEST_OUT, begin, check_config, do, folders_of, say
from workers.runner.process import Runner
from workers.runner.protocol import Call
from workers.taking import take_folder

#: How a task's questions are asked, where that isn't its output type's own name.
_ASKED_AS = {"multiple_choice": "loglikelihood"}


def rescore(slot: Path, threads: int | None) -> dict[str, Any]:
    """Score again what the rows beside the slot, `rows/<task>.jsonl`, say was answered.

    What lm-eval says comes to `rescored/results.json` and `rescored/samples/` in the slot.

    Args:
        slot: a folder with the bundle's `run/` and `task/`.
        threads: torch's threads; None leaves torch's own choice.

    Returns:
        What confined the runner, as `isolation`.

    Raises:
        AssayError: what a runner's step says, `config_unexpected`, or `definition_*`.
        RunnerLostError: if the runner ended.
        SandboxMissingError: if a sandbox is required, and there is none.
    """
    config = yaml.safe_load((slot / "run" / "config.yaml").read_text(encoding="utf-8"))
    plan = json.loads((slot / "run" / "plan.json").read_bytes())
    check_config(config)
    _check_definitions(slot / "task")
    folders = folders_of(slot / "task", config["tasks"])
    recorded = {task: [_record(slot, task, asked)] for task, asked in plan["tasks"].items()}
    runner = Runner(slot, slot / "log.txt", threads=threads)
    try:
        confined = begin(runner, unsafe_code=False)
        say(f"scoring the recorded answers with lm-eval{confined}")
        do(runner, Call("score", {"recorded": recorded, "folders": folders}))
    finally:
        runner.close()
    take_folder(slot, "results", "rescored", limit=LARGEST_OUT)
    return {"isolation": runner.isolation}


def _check_definitions(own: Path) -> None:
    """Refuse Python and YAML that say they are lm-eval's own and aren't, before any is read.

    A suite's copies may be older than the lm-eval that scored; then nobody here can tell.
    """
    if other := definitions.changed(own):
        raise AssayError(
            "definition_changed" if definitions.are_of_installed(own) else "definition_unknown",
            f"lm-eval {version('lm_eval')} itself has another {other[0]}"
            + (f", and {len(other) - 1} more" if other[1:] else ""),
            "Compare the files; nothing of the bundle was run.",
        )


def _record(slot: Path, task: str, asked: Mapping[str, Any]) -> str:
    """Write a task's pack and its answers; returns the answers' path in the slot."""
    packed, answered = slot / "pack" / f"{task}.jsonl", slot / "recorded" / f"{task}.jsonl"
    for path in (packed, answered):
        path.parent.mkdir(parents=True, exist_ok=True)
    kind = _ASKED_AS.get(asked["output_type"], asked["output_type"])
    with answered.open("wb") as written:

        def recorded() -> Iterator[pack.Document]:
            for row in _rows(slot.parent / "rows" / f"{task}.jsonl", asked["filters"][0]):
                requests = [pack.Request(i, kind, args) for i, args in enumerate(row.arguments)]
                document = pack.Document(row.doc_id, row.doc, requests)
                written.write(answers.encode(_answers(document, row)))
                yield document

        pack.write_task(packed, recorded())
    return answered.relative_to(slot).as_posix()


def _rows(path: Path, kept: str) -> Iterator[Row]:
    """Yield each document's row under one filter: responses are the same under each of them."""
    with path.open("rb") as file:
        for line in file:
            row = parse_row(line.removesuffix(b"\n"))
            if row.filter == kept:
                yield row


def _answers(document: pack.Document, row: Row) -> Iterator[answers.Answer]:
    for request, responses in zip(document.requests, row.resps, strict=True):
        for repeat, response in enumerate(responses):
            yield answers.Answer(
                document.doc_id, request.idx, repeat, request.digest, _read(request.type, response)
            )


def _read(kind: str, text: Any) -> Any:
    """Return a response as the model gave it: rows hold text, and a float's text is exact."""
    if kind == "loglikelihood":
        value, greedy = text
        return [float(value), greedy == "True"]
    return float(text) if kind == "loglikelihood_rolling" else text
