"""The runner's steps. lm-eval and torch are imported by the first step that needs them."""

import importlib.metadata
import os
import platform
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from workers import answers, pack


class Session:
    """One run in one slot: the working directory is the root of the bundle to be.

    Every public method is a step that the worker may call by name; arguments and return values are
    plain JSON. Paths are relative to the slot.
    """

    def __init__(self, report: Callable[[int], None]) -> None:
        """Take the function that reports how many documents of a unit are answered."""
        self._report = report
        self._config = yaml.safe_load(Path("run/config.yaml").read_text(encoding="utf-8"))

    @cached_property
    def _lm(self) -> Any:
        from workers.engines import hf

        return hf.load(self._config)

    def load(self) -> dict[str, Any]:
        """Load the model and return what this process runs on."""
        lm = self._lm
        return {"max_length": lm.max_length, **environment()}

    def survey(self, folders: list[str]) -> dict[str, tuple[int, str]]:
        """Count the documents of a suite's tasks; see `workers.plan.survey`."""
        from workers import plan

        return plan.survey(self._config, folders)

    def plan(self, folders: list[str]) -> dict[str, dict[str, Any]]:
        """Build the pack in `pack/`; see `workers.plan.build` for what is returned."""
        from workers import plan

        folder = Path("pack")
        folder.mkdir(exist_ok=True)
        return plan.build(self._config, self._lm, folder, folders)

    def answer(self, task: str, first: int, count: int, repeats: int, path: str) -> None:
        """Answer documents `first` to `first + count - 1` of a task and record them in a file."""
        from workers.engines import hf

        documents = list(pack.read_task(Path("pack") / f"{task}.jsonl", first, count))
        done = 0
        with Path(path).open("wb") as file:
            for batch in hf.answer(self._lm, task, documents, repeats):
                file.write(answers.encode(batch))
                file.flush()
                os.fsync(file.fileno())
                done = min(done + hf.BATCH_DOCUMENTS, len(documents))
                self._report(done)

    def score(self, recorded: dict[str, list[str]], folders: list[str]) -> None:
        """Replay the recorded answers, `{task: [files]}`, and write `results/`."""
        from workers import scoring

        files = {task: [Path(path) for path in paths] for task, paths in recorded.items()}
        scoring.score(self._config, Path(), files, folders)


def environment() -> dict[str, Any]:
    """Return what a reader must know of the process that answered: versions, threads, machine."""
    import torch

    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": _processor(),
        "cpu_count": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "packages": _packages(),
    }


def _packages() -> dict[str, str]:
    found = {d.metadata["Name"].lower(): d.version for d in importlib.metadata.distributions()}
    return dict(sorted(found.items()))


def _processor() -> str:
    """Return the processor's name; the kernel tells it, Python's `platform` does not."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
