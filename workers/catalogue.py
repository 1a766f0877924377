"""lm-eval's catalogue: which tasks a name stands for, and where their definitions and data lie."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.packaged_modules import _PACKAGED_DATASETS_MODULES
from lm_eval import tasks
from lm_eval.tasks import TaskManager
from lm_eval.tasks._index import Entry, Kind

from evaluations.errors import AssayError

#: lm-eval's own folder of tasks.
TASKS = Path(tasks.__file__).parent


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single task.

    Attributes:
        source: the YAML file in lm-eval's tasks that defines it; None if it is the suite's own.
        dataset: a hub's dataset, None if its data lie in files.
        dataset_kwargs: what its definition passes to `datasets.load_dataset`.
        num_fewshot: what its definition says, None if nothing.
        metric_list: as its definition has it.
    """

    name: str
    source: Path | None
    dataset: str | None
    dataset_kwargs: Mapping[str, Any]
    num_fewshot: int | None
    metric_list: Sequence[Mapping[str, Any]]

    def metrics_without_downloads(self, kept: Sequence[str]) -> list[Mapping[str, Any]] | None:
        """Return the metrics to keep, if one that isn't needed would download code; else None.

        `hf_evaluate` has a metric's Python fetched from the hub and run, which no worker may do.
        """
        if not any(m.get("hf_evaluate") and m["metric"] not in kept for m in self.metric_list):
            return None
        return [metric for metric in self.metric_list if metric["metric"] in kept]


def index(own: Path, names: Iterable[str]) -> dict[str, Entry]:
    """Return what lm-eval knows by name, with what a suite's own folder defines.

    Reading lm-eval's 14,000 names takes 6 to 9 s, so they are left out where the folder has all.
    """
    found: dict[str, Entry] = TaskManager(include_path=str(own), include_defaults=False).task_index
    try:
        for name in names:
            expand(found, name)
    except AssayError:
        found = TaskManager(include_path=str(own)).task_index
    return found


def expand(index: Mapping[str, Entry], name: str) -> list[str]:
    """Return the tasks that a task, group or tag stands for, each once, in lm-eval's order.

    Raises:
        AssayError: `suite_invalid` if lm-eval knows no such name.
    """
    return list(dict.fromkeys(_expand(index, name)))


def _expand(index: Mapping[str, Entry], name: str) -> Iterator[str]:
    entry = index.get(name)
    if entry is None:
        raise AssayError(
            "suite_invalid",
            f"The installed lm-eval has no task, group or tag {name!r}.",
            "Correct the name in the suite's YAML file; `lm_eval ls tasks` lists all.",
        )
    if entry.kind is Kind.TAG:
        yield from sorted(entry.tags)
    elif entry.kind is Kind.GROUP:
        for member in _members(entry.cfg or {}):
            yield from _expand(index, member)
    else:
        yield name


def _members(group: Mapping[str, Any]) -> Iterator[str]:
    """Yield a group's members; a definition that stands inside another is a group of its own."""
    listed = group.get("task") or []
    for member in [listed] if isinstance(listed, str) else listed:
        if isinstance(member, str):
            yield member
        elif isinstance(member.get("task"), list):
            yield from _members(member)
        else:
            yield member.get("task") or member["group"]


def leaf(index: Mapping[str, Entry], name: str) -> Leaf:
    """Return what the catalogue says of a single task."""
    entry = index[name]
    config = entry.cfg or {}
    path = Path(str(entry.yaml_path))
    source = config.get("dataset_path")
    return Leaf(
        name=name,
        source=path if path.is_relative_to(TASKS) else None,
        dataset=None if source in _PACKAGED_DATASETS_MODULES else source,
        dataset_kwargs=config.get("dataset_kwargs") or {},
        num_fewshot=config.get("num_fewshot"),
        metric_list=config.get("metric_list") or [],
    )
