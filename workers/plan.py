"""Planning: lm-eval builds every request of a suite once, unsharded, with fixed seeds.

Runs inside the runner process, because it imports lm-eval. Sharding with lm-eval's own means would
change few-shot prompts (one sequential generator per task), so the requests are frozen whole and
cut afterwards.
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from lm_eval.api.task import Task
from lm_eval.tasks import TaskManager

from evaluations.errors import AssayError
from evaluations.failures import FailureCode
from evaluations.provenance.canonical import document_digest
from evaluations.provenance.merkle import tree_root_hex
from workers import pack
from workers.catalogue import TASKS


def load_tasks(config: Mapping[str, Any], folders: Sequence[str]) -> Any:
    """Load the tasks of a published config as `lm_eval run` would, without its 14,000 own names.

    Args:
        config: the parsed `run/config.yaml`; relative paths in it count from the working directory.
        folders: of lm-eval's own tasks those that the config needs and the suite has no copies of.

    Returns:
        lm-eval's `TaskDict`.

    Raises:
        AssayError: `task_invalid`, `dataset_unavailable` or `extra_missing`;
            `unsafe_code_not_allowed` if the config doesn't allow what a task does.
    """
    python_seed, numpy_seed, torch_seed, fewshot_seed = config["seed"]
    random.seed(python_seed)
    # The global generator is the one that lm-eval's tasks use.
    np.random.seed(numpy_seed)
    torch.manual_seed(torch_seed)
    manager = TaskManager(
        # What comes later wins, here as there: the suite's own tasks.
        include_path=[*(str(TASKS / folder) for folder in folders), config["include_path"]],
        include_defaults=False,
        # lm-eval copies the model's arguments into each task's metadata, and so into the results.
        metadata=dict(config["model_args"]),
    )
    try:
        loaded = manager.load(list(config["tasks"]))
    except Exception as error:
        raise _reason(error) from error
    for task in loaded["tasks"].values():
        if task.get_config("num_fewshot") is None:
            task.set_config(key="num_fewshot", value=0)
        task.set_fewshot_seed(seed=fewshot_seed)
    unsafe = unsafe_tasks(loaded)
    if unsafe and not config.get("confirm_run_unsafe_code"):
        raise AssayError(
            FailureCode.UNSAFE_CODE_NOT_ALLOWED,
            f"{', '.join(unsafe)} would run code that a model wrote.",
        )
    return loaded


def unsafe_tasks(loaded: Any) -> list[str]:
    """Return which of lm-eval's tasks run code that a model wrote, as their definitions say."""
    return sorted(
        name for name, task in loaded["tasks"].items() if getattr(task, "UNSAFE_CODE", False)
    )


def _reason(error: Exception) -> Exception:
    """Return what to raise for an error of loading tasks; the machine's own faults stay as is."""
    for cause in _causes(error):
        if isinstance(cause, ImportError):
            return AssayError(FailureCode.EXTRA_MISSING, f"{cause.name or ''}: {cause}".strip(": "))
        if isinstance(cause, FileNotFoundError | ConnectionError):
            # Of `datasets`: nothing of this name and revision lies where a run finds it.
            return AssayError(FailureCode.DATASET_UNAVAILABLE, str(cause))
        if isinstance(cause, MemoryError) or (isinstance(cause, OSError) and cause.errno):
            return cause
    return AssayError(FailureCode.TASK_INVALID, f"{type(error).__name__}: {error}")


def _causes(error: BaseException | None) -> Iterator[Exception]:
    """Yield an error and what led to it; `datasets` wraps a full disk in an error of its own."""
    while isinstance(error, Exception):
        yield error
        error = error.__cause__ or error.__context__


def survey(config: Mapping[str, Any]) -> dict[str, tuple[int, str, bool]]:
    """Return of each task how many documents it has, their root, and whether it runs code.

    The root is what `docs/bundle.md` defines; the code is a model's.

    Raises:
        AssayError: see `load_tasks`; `task_invalid` if a document holds what JSON can't.
    """
    counted = {}
    loaded = load_tasks(config, [])
    unsafe = unsafe_tasks(loaded)
    for name, task in loaded["tasks"].items():
        # As a plan does it, and in its order: some tasks shuffle with the global generator.
        _build_requests(name, task, config, None)
        digests = [bytes.fromhex(document_digest(d.doc)) for d in _documents(name, task)]
        counted[name] = (len(digests), tree_root_hex(digests), name in unsafe)
    return counted


def build(
    config: Mapping[str, Any],
    lm: LM | None,
    folder: Path,
    folders: Sequence[str],
    report: Callable[[int], None],
) -> dict[str, dict[str, Any]]:
    """Write the pack's files into a folder, one per task.

    Args:
        config: the parsed `run/config.yaml`.
        lm: the loaded model, of which only chat template and tokenizer's name are used; None where
            prompts don't pass through a template.
        folder: an existing empty folder.
        folders: see `load_tasks`.
        report: is told how many tasks are planned.

    Returns:
        Each task's `TaskSummary`, as a mapping.

    Raises:
        AssayError: `task_invalid`, or `chat_template_error` if the template can't render a prompt.
    """
    planned = {}
    for name, task in load_tasks(config, folders)["tasks"].items():
        _build_requests(name, task, config, lm)
        path = folder / f"{name}.jsonl"
        pack.write_task(path, _documents(name, task))
        summary = pack.summarise(
            path,
            output_type=task.OUTPUT_TYPE,
            filters=filters_of(task),
            repeats=task.config.repeats,
        )
        planned[name] = asdict(summary)
        report(len(planned))
    return planned


def filters_of(task: Task) -> list[str]:
    """Return the names of a task's filters, each of which lm-eval scores every document by."""
    return [ensemble.name for ensemble in task._filters]


def _build_requests(name: str, task: Task, config: Mapping[str, Any], lm: LM | None) -> None:
    _refuse_sampling(name, task)
    chat = lm is not None and bool(config["apply_chat_template"])
    try:
        task.build_all_requests(
            rank=0,
            world_size=1,
            apply_chat_template=chat,
            fewshot_as_multiturn=chat,
            chat_template=lm.apply_chat_template if lm and chat else None,
            tokenizer_name=lm.tokenizer_name if lm and chat else "",
        )
    except Exception as error:
        code = FailureCode.CHAT_TEMPLATE_ERROR if chat else FailureCode.TASK_INVALID
        raise AssayError(code, f"{name}: {type(error).__name__}: {error}") from error


def _refuse_sampling(name: str, task: Task) -> None:
    settings = task.config.generation_kwargs or {}
    if task.OUTPUT_TYPE == "generate_until" and settings.get("do_sample"):
        raise AssayError(
            FailureCode.TASK_INVALID,
            f"{name} samples its answers, which would depend on how the run is cut. "
            "Set do_sample: false.",
        )


def _documents(name: str, task: Task) -> Iterator[pack.Document]:
    """Yield the task's documents with their requests, checked to survive JSON unchanged."""
    for doc_id, grouped in groupby(task.instances, key=lambda instance: instance.doc_id):
        instances = list(grouped)
        requests = [pack.Request(i.idx, i.request_type, list(i.args)) for i in instances]
        document = pack.Document(doc_id, instances[0].doc, requests)
        _check_frozen(name, document, instances)
        yield document


def _check_frozen(name: str, document: pack.Document, instances: list[Instance]) -> None:
    held = [document.doc, [request.args for request in document.requests]]
    if json.loads(json.dumps(held, default=repr)) != held or any(
        i.repeats != instances[0].repeats for i in instances
    ):
        raise AssayError(
            FailureCode.TASK_INVALID,
            f"document {document.doc_id} of {name} holds values that JSON can't (images, dates).",
        )
