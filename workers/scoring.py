"""Scoring: recorded answers are replayed through stock lm-eval, which needs no model for it.

Runs inside the runner process. Filters, groups, aggregation, standard errors and the samples files
are lm-eval's own; only the requests and the answers are served from the plan.
"""

import errno
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from lm_eval.api.task import Task
from lm_eval.evaluator import evaluate
from lm_eval.loggers import EvaluationTracker

from evaluations.provenance.canonical import jcs
from workers import answers, pack
from workers.catalogue import TASKS
from workers.plan import load_tasks

#: Free bytes below which a file that is not whole is laid to a full disk.
_LITTLE = 1 << 24
#: What Python shows of an object that has no text of its own.
_ADDRESS = re.compile(r"(<[^<>\"]+) at 0x[0-9a-f]+>")
#: What `evaluate()` and the command line say of a run that depends on nothing but the run.
DETERMINISTIC_KEYS = (
    "results", "groups", "group_subtasks", "configs", "versions", "n-shot", "higher_is_better",
    "n-samples", "task_hashes",
)  # fmt: skip


class RecordedLM(LM):  # type: ignore[misc]
    """A language model that gives the recorded answers instead of computing any."""

    def __init__(self, recorded: Mapping[tuple[str, int, int], list[Any]]) -> None:
        """Serve `{(task, doc_id, idx): [response per repeat]}`."""
        super().__init__()
        self._recorded = {key: iter(values) for key, values in recorded.items()}

    def _replay(self, requests: list[Instance], disable_tqdm: bool = False) -> list[Any]:
        return [next(self._recorded[r.task_name, r.doc_id, r.idx]) for r in requests]

    loglikelihood = loglikelihood_rolling = generate_until = _replay

    @property
    def tokenizer_name(self) -> str:
        """Nothing is tokenised here."""
        return ""


def score(
    config: Mapping[str, Any],
    recorded: Mapping[str, list[Path]],
    folders: Sequence[str],
    out: Path,
) -> None:
    """Score a run and write `results/results.json` and `results/samples/<task>.jsonl`.

    Args:
        config: the parsed `run/config.yaml`; its folder's parent is the working directory, where
            the pack lies in `pack/`.
        recorded: for each task, the files with its answers.
        folders: see `workers.plan.load_tasks`.
        out: the folder that gets `results/`.

    Raises:
        AssayError: `incomplete_answers` or `plan_mismatch`, see `workers.answers.collect`.
        OSError: if lm-eval could not write all its files.
    """
    _save(_evaluate(config, recorded, load_tasks(config, folders)), out)


def rehearse(
    config: Mapping[str, Any],
    recorded: Mapping[str, list[Path]],
    loaded: Any,
    documents: Mapping[str, int],
    out: Path,
) -> None:
    """Score the answers to each task's first documents, as `score` does with all.

    Args:
        config: see `score`.
        recorded: see `score`.
        loaded: the tasks, as `workers.plan.load_tasks` returns them; they are used up.
        documents: how many of each task; groups are left out, which need all of their tasks.
        out: see `score`.
    """
    tasks = {name: loaded["tasks"][name] for name in documents}
    some = {**loaded, "tasks": tasks, "groups": {}, "group_map": {}}
    _save(_evaluate(config, recorded, some, documents), out)


def _evaluate(
    config: Mapping[str, Any],
    recorded: Mapping[str, list[Path]],
    loaded: Any,
    counts: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    served: dict[tuple[str, int, int], list[Any]] = {}
    for name, task in loaded["tasks"].items():
        count = counts[name] if counts else None
        documents = list(pack.read_task(Path("pack") / f"{name}.jsonl", 0, count))
        for answer in answers.collect(recorded[name], documents, task.config.repeats):
            response = answer.response
            value = tuple(response) if isinstance(response, list) else response
            served.setdefault((name, answer.doc_id, answer.idx), []).append(value)
        _freeze(name, task, documents)
    results: dict[str, Any] = evaluate(
        lm=RecordedLM(served),
        task_dict=loaded,
        log_samples=True,
        apply_chat_template=config["apply_chat_template"],
        fewshot_as_multiturn=config["fewshot_as_multiturn"],
        confirm_run_unsafe_code=config.get("confirm_run_unsafe_code", False),
    )
    return results


def _freeze(name: str, task: Task, documents: list[pack.Document]) -> None:
    """Have the task take its requests and documents from the pack."""
    task._instances = [
        Instance(
            request_type=request.type,
            doc=document.doc,
            arguments=tuple(request.args),
            idx=request.idx,
            metadata=(name, document.doc_id, task.config.repeats),
        )
        for document in documents
        for request in document.requests
    ]
    task.build_all_requests = lambda **_: None
    task.doc_iterator = lambda **_: iter((d.doc_id, d.doc) for d in documents)


def _save(results: dict[str, Any], root: Path) -> None:
    """Write the files with lm-eval's own tracker, whose row format is part of the contract."""
    samples = results.pop("samples")
    scratch = root / "scratch"
    tracker = EvaluationTracker(output_path=str(scratch))
    tracker.save_results_aggregated(results=results, samples=samples)
    kept = {key: results[key] for key in DETERMINISTIC_KEYS if key in results}
    # Task sources may hold floats and tuples that only lm-eval's own encoder turns into JSON.
    _, text = _lines(scratch, "results_*.json", None)
    written = json.loads(text)
    target = root / "results" / "samples"
    target.mkdir(parents=True, exist_ok=True)
    for task, rows in samples.items():
        tracker.save_results_samples(task_name=task, samples=rows)
        path, _ = _lines(scratch, f"samples_{task}_*.jsonl", len(rows))
        path.replace(target / f"{task}.jsonl")
    # Where a function lay in memory is written into a task's configuration, and never recurs.
    written["configs"] = json.loads(_ADDRESS.sub(r"\1>", json.dumps(written["configs"])))
    for task in written["configs"].values():
        _name_source(task)
    (root / "results" / "results.json").write_bytes(jcs({key: written[key] for key in kept}))


def _lines(scratch: Path, pattern: str, count: int | None) -> tuple[Path, bytes]:
    """Return the one file that the tracker wrote; it logs its own errors away.

    Raises:
        OSError: if it isn't there or not whole, which a full disk is the usual reason for.
    """
    path = next(scratch.rglob(pattern), None)
    written = path.read_bytes() if path else b""
    if path is None or not written or (count is not None and written.count(b"\n") != count):
        full = shutil.disk_usage(scratch.parent).free < _LITTLE
        raise OSError(
            errno.ENOSPC if full else errno.EIO, f"lm-eval wrote only a part of {pattern}"
        )
    return path, written


def _name_source(task: dict[str, Any]) -> None:
    """Say where a definition lies without where this machine keeps lm-eval.

    Only of suites without copies of lm-eval's definitions; theirs lie in the bundle.
    """
    metadata = task.get("metadata", {})
    source = metadata.get("config_source", "")
    if Path(source).is_relative_to(TASKS):
        metadata["config_source"] = f"lm_eval/tasks/{Path(source).relative_to(TASKS).as_posix()}"
