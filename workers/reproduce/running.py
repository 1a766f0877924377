"""A second run: the bundle's config through the same runner, sandbox and scoring as the first.

The questions are those of the whole plan, few-shot examples included, and are held against the
plan's roots before any is asked; an audit then leaves documents out.
"""

import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from evaluations.errors import AssayError
from evaluations.provenance.replication.audit import Audit
from workers import catalogue, definitions, pack
from workers.isolation import BUBBLEWRAP
from workers.runner.process import Runner
from workers.runner.protocol import Call, Event
from workers.taking import take_folder

_POLL_SECONDS = 1.0
_SAY_SECONDS = 5.0
LARGEST_OUT = 1 << 34
#: All that a config of ours says of how a model is loaded; anything else may run code.
_MODEL_ARGS = {"pretrained", "revision", "dtype"}
_FIXED = {"model": "hf", "batch_size": 1, "device": "cpu", "include_path": "task"}


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be run.

    Attributes:
        slot: a folder with the bundle's `run/` and `task/`, and the model in `model/`.
        audit: which documents are answered; None means all.
        unsafe_code: whether code that a model wrote may be run.
        threads: torch's threads; None leaves torch's own choice.
    """

    slot: Path
    audit: Audit | None
    unsafe_code: bool
    threads: int | None


def run(job: Job) -> dict[str, Any]:
    """Plan, answer and score; the rows come to `rerun/samples/<task>.jsonl` in the slot.

    Returns:
        What it ran on: the contents of `run/environment.json`.

    Raises:
        AssayError: what a runner's step says, `config_unexpected` or `other_questions`.
        RunnerLostError: if the runner ended.
    """
    config = yaml.safe_load((job.slot / "run" / "config.yaml").read_text(encoding="utf-8"))
    plan = json.loads((job.slot / "run" / "plan.json").read_bytes())
    check_config(config)
    folders = folders_of(job.slot / "task", config["tasks"])
    if other := definitions.changed(job.slot / "task"):
        say(f"the bundle's tasks are run, which this lm-eval defines otherwise: {', '.join(other)}")
    started = datetime.now(UTC)
    runner = Runner(job.slot, job.slot / "log.txt", threads=job.threads)
    try:
        say(f"loading the model{begin(runner, unsafe_code=job.unsafe_code)}")
        environment: dict[str, Any] = do(runner, Call("load"))
        say("building every question of the plan")
        tasks = do(runner, Call("plan", {"folders": folders}), "tasks")
        take_folder(job.slot, "pack", "pack", limit=LARGEST_OUT)
        _check_questions(job.slot / "pack", tasks, plan["tasks"])
        counts = _choose(job.slot / "pack", plan["tasks"], job.audit)
        recorded = {
            task: [_answer(runner, task, count, plan["tasks"][task]["repeats"])]
            for task, count in counts.items()
        }
        say("scoring with lm-eval")
        do(runner, Call("score", {"recorded": recorded, "folders": folders}))
    finally:
        runner.close()
    take_folder(job.slot, "results/samples", "rerun/samples", limit=LARGEST_OUT)
    ended = datetime.now(UTC)
    return environment | {
        "isolation": runner.isolation,
        "started": started.isoformat(timespec="seconds"),
        "finished": ended.isoformat(timespec="seconds"),
    }


def begin(runner: Runner, *, unsafe_code: bool) -> str:
    """Hold a runner to this machine's limits, and say in words what confines it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    confined = runner.isolation == BUBBLEWRAP
    limits = {"memory": memory, "confined": confined, "unsafe_code": unsafe_code}
    do(runner, Call("begin", limits))
    return " in a sandbox" if confined else "; there is no sandbox here"


def check_config(config: Any) -> None:
    """Refuse a config that no site of ours writes: a stranger's may load a model in other ways."""
    args = config.get("model_args") if isinstance(config, dict) else None
    usual = isinstance(args, dict) and set(args) <= _MODEL_ARGS
    if not usual or any(config.get(key) != value for key, value in _FIXED.items()):
        raise AssayError(
            "config_unexpected",
            "run/config.yaml is not one that is run here: a model of the kind `hf` on a CPU, batch "
            "size 1, with nothing but its name, revision and precision.",
            "Read it; stock `lm_eval run --config run/config.yaml` may run it on your own risk.",
        )


def folders_of(own: Path, names: list[str]) -> list[str]:
    """Return where lm-eval keeps those tasks of its own of which the bundle has no copies.

    Bundles of suites that were published long ago have none; others need no folder.
    """
    index = catalogue.index(own, names)
    leaves = [catalogue.leaf(index, leaf) for n in names for leaf in catalogue.expand(index, n)]
    sources = {leaf.source for leaf in leaves if leaf.source is not None}
    return sorted({s.parent.relative_to(catalogue.TASKS).as_posix() for s in sources})


def _check_questions(
    folder: Path, built: Mapping[str, Any], planned: Mapping[str, Mapping[str, Any]]
) -> None:
    """Hold the pack against the plan's counts and roots, computed here from its files."""
    for task, wanted in planned.items():
        path = folder / f"{task}.jsonl"
        # What filters there are is the scorer's, and may differ where answers were scored again.
        said = built.get(task)
        if said is None or not path.is_file():
            raise _other(f"{task} is planned, and this machine's lm-eval builds no such task")
        found = asdict(
            pack.summarise(
                path, output_type=said["output_type"], filters=[], repeats=said["repeats"]
            )
        )
        for key, value in found.items():
            if key != "filters" and wanted[key] != value:
                raise _other(f"{task} has other {key.replace('_', ' ')} than the plan")


def _other(what: str) -> AssayError:
    return AssayError(
        "other_questions",
        f"The questions can't be rebuilt here: {what}.",
        "assay reproduce --dry-run shows which versions differ; run/requirements.lock lists them.",
    )


def _choose(folder: Path, planned: Mapping[str, Any], audit: Audit | None) -> dict[str, int]:
    """Leave an audit's documents in the pack, and return how many each task has."""
    if audit is None:
        return {task: wanted["documents"] for task, wanted in planned.items()}
    counts = {}
    for task, wanted in planned.items():
        path = folder / f"{task}.jsonl"
        chosen = set(audit.chosen(task, wanted["documents"], wanted["documents_root"]))
        # Written anew and not over it: the runner may still hold the old one.
        kept = [document for document in pack.read_task(path) if document.doc_id in chosen]
        part = path.with_suffix(".part")
        pack.write_task(part, kept)
        part.replace(path)
        counts[task] = len(kept)
    return counts


def _answer(runner: Runner, task: str, count: int, repeats: int) -> str:
    file = f"{task}.jsonl"
    args = {"task": task, "first": 0, "count": count, "repeats": repeats, "file": file}
    do(runner, Call("answer", args), f"of {count} documents of {task}")
    say(f"{count} documents of {task} answered")
    return f"out/answers/{file}"


def do(runner: Runner, call: Call, what: str = "") -> Any:
    """Take a step, and tell how it goes on."""
    runner.call(call)
    said = time.monotonic()
    while True:
        event = runner.poll(_POLL_SECONDS)
        if event is None:
            continue
        if event.kind == "progress" and what and time.monotonic() - said > _SAY_SECONDS:
            said = time.monotonic()
            say(f"{event.value} {what}")
        if event.kind in {"done", "failed"}:
            return _value(event)


def _value(event: Event) -> Any:
    if event.kind == "failed":
        raise AssayError(event.code, event.detail)
    return event.value


def say(text: str) -> None:
    """Tell the person who waits."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
