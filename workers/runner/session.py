"""The runner's steps. lm-eval and torch are imported before anything of a model is touched."""

import os
import platform
import shutil
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
import yaml

from evaluations.errors import AssayError
from evaluations.failures import FailureCode
from evaluations.machine import packages, processor
from workers import answers, pack, plan, scoring
from workers.engines import hf
from workers.runner.limits import Limits

#: The one folder that a runner may write to; what it leaves there, its worker takes over.
_OUT = Path("out")


class Session:
    """One run in one slot: the working directory is the root of the bundle to be.

    Every public method is a step that the worker may call by name; arguments and return values are
    plain JSON. Paths are relative to the slot.
    """

    def __init__(self, report: Callable[[int], None], alive: Callable[[], None]) -> None:
        """Take what reports how many pieces of a step are done, and what gives a sign of life."""
        self._report, self._alive = report, alive
        self._unsafe_code = False

    def begin(self, memory: int, confined: bool, unsafe_code: bool) -> None:
        """Hold this process to its limits, before anything of a model is touched.

        Args:
            memory: bytes that it may take.
            confined: whether it is in a sandbox; outside, the user's other processes would count.
            unsafe_code: whether code that a model wrote may be run here.
        """
        self._unsafe_code = unsafe_code
        most = Limits(memory) if confined else Limits(memory, processes=None)
        most.apply()

    @cached_property
    def _config(self) -> Any:
        config = _read_config()
        if config.get("confirm_run_unsafe_code") and not self._unsafe_code:
            raise AssayError(
                FailureCode.UNSAFE_CODE_NOT_ALLOWED,
                "The suite runs code that a model wrote, and this worker doesn't allow it.",
            )
        return config

    @cached_property
    def _lm(self) -> Any:
        return hf.load(self._config, self._alive)

    def load(self) -> dict[str, Any]:
        """Load the model and return what this process runs on."""
        return {"max_length": self._lm.max_length, **environment()}

    def describe(self, folders: list[str]) -> dict[str, Any]:
        """Return each task's filters and what this process runs on; nothing is built or loaded."""
        tasks = plan.load_tasks(self._config, folders)["tasks"]
        filters = {name: plan.filters_of(task) for name, task in tasks.items()}
        return {"filters": filters, "environment": environment()}

    def survey(self) -> dict[str, tuple[int, str, bool]]:
        """Count the documents of a suite's tasks, of which none is answered; see `plan.survey`."""
        return plan.survey(_read_config())

    def plan(self, folders: list[str]) -> dict[str, dict[str, Any]]:
        """Build the pack in `out/pack/`; see `workers.plan.build` for what is returned.

        Without a chat template no model is loaded for it, so that none can have a hand in prompts
        that other models get too.
        """
        lm = self._lm if self._config["apply_chat_template"] else None
        return plan.build(self._config, lm, _fresh("pack"), folders, self._report)

    def answer(self, task: str, first: int, count: int, repeats: int, file: str) -> None:
        """Answer documents `first` to `first + count - 1` of a task in `out/answers/<file>`."""
        documents = pack.read_task(Path("pack") / f"{task}.jsonl", first, count)
        path = _folder("answers") / file
        self._answer(task, documents, repeats, path)

    def _answer(
        self, task: str, documents: Iterable[pack.Document], repeats: int, path: Path, done: int = 0
    ) -> None:
        with path.open("wb") as written:
            for batch in hf.answer(self._lm, task, list(documents), repeats):
                written.write(answers.encode(batch))
                written.flush()
                os.fsync(written.fileno())
                done += len({answer.doc_id for answer in batch})
                self._report(done)

    def smoke(self, documents: dict[str, int], folders: list[str]) -> None:
        """Take each task's first documents through the whole path; nothing of it is kept.

        Args:
            documents: how many of each task.
            folders: see `workers.plan.load_tasks`.
        """
        folder, done, recorded = _fresh("smoke"), 0, {}
        loaded = plan.load_tasks(self._config, folders)
        for task, count in documents.items():
            path = folder / f"{task}.jsonl"
            chosen = pack.read_task(Path("pack") / f"{task}.jsonl", 0, count)
            self._answer(task, chosen, loaded["tasks"][task].config.repeats, path, done)
            recorded[task] = [path]
            done += count
        scoring.rehearse(self._config, recorded, loaded, documents, folder)

    def score(self, recorded: dict[str, list[str]], folders: list[str]) -> None:
        """Replay the recorded answers, `{task: [files]}`, and write `out/results/`."""
        files = {task: [Path(path) for path in paths] for task, paths in recorded.items()}
        scoring.score(self._config, files, folders, _OUT)


def _read_config() -> Any:
    return yaml.safe_load(Path("run/config.yaml").read_text(encoding="utf-8"))


def _folder(name: str) -> Path:
    folder = _OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _fresh(name: str) -> Path:
    """Return an empty folder; an interrupted step may have left one behind."""
    folder = _OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def environment() -> dict[str, Any]:
    """Return what a reader must know of the process that answered: versions, threads, machine."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": processor(),
        "cpu_count": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "packages": packages(),
    }
