"""Surveying a suite before it is published: its tasks, its datasets' commits, its documents."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from django.conf import settings

from evaluations import store
from evaluations.errors import AssayError
from evaluations.failures import FailureCode
from evaluations.licences import may_redistribute
from evaluations.models import Benchmark, Suite
from evaluations.services.suites import Survey
from workers import bundle, catalogue, datasets, definitions
from workers.runner.process import Runner
from workers.runner.protocol import Call

_POLL_SECONDS = 1.0


def survey(suite: Suite) -> Survey:
    """Find out everything that publication pins; takes as long as fetching the datasets does.

    Raises:
        AssayError: with the reason, if lm-eval or the hub doesn't have what the suite names.
        RunnerLostError: if the process that loads the tasks ended.
    """
    with TemporaryDirectory(prefix="assay-survey-") as folder:
        root = Path(folder)
        (root / "task").mkdir()
        for file in suite.files:
            store.save(file["sha256"], root / file["path"])
        return _survey(suite, root)


def _survey(suite: Suite, root: Path) -> Survey:
    benchmarks = list(suite.benchmarks.all())
    index = catalogue.index(root / "task", [b.task for b in benchmarks])
    leaves = {b.name: catalogue.expand(index, b.task) for b in benchmarks}
    _refuse_doubles(leaves)
    found = [catalogue.leaf(index, name) for b in benchmarks for name in leaves[b.name]]
    revisions = {d: datasets.resolve(d) for d in sorted({x.dataset for x in found if x.dataset})}
    members = [
        _member(x, b, revisions) for b in benchmarks for x in found if x.name in leaves[b.name]
    ]
    group = f"assay_{suite.name}_v{suite.version}".replace("-", "_")
    pinned = any(len(member) > 1 for member in members)
    files = {f"{group}.yaml": _group(group, members)} if pinned else {}
    files |= definitions.copies(x.source for x in found if x.source is not None)
    _lay_beside(root / "task", files, found)
    tasks = [group] if pinned else [x.name for x in found]
    surveyed = _documents(root, tasks, revisions)
    return Survey(
        lm_eval=version("lm_eval"),
        tasks=tasks,
        files=files,
        leaves=leaves,
        documents={task: (count, documents) for task, (count, documents, _) in surveyed.items()},
        datasets=[{"path": path, "revision": commit} for path, commit in revisions.items()],
        unsafe_code=sorted(task for task, (*_, unsafe) in surveyed.items() if unsafe),
    )


def _refuse_doubles(leaves: Mapping[str, Sequence[str]]) -> None:
    """Refuse a task that two benchmarks share: lm-eval asks it once, with one number of shots."""
    names = [leaf for listed in leaves.values() for leaf in listed]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise AssayError(
            "suite_invalid",
            f"Two benchmarks of the suite stand for {doubled[0]}.",
            "Leave it out of one of them.",
        )


def _member(
    leaf: catalogue.Leaf, benchmark: Benchmark, revisions: Mapping[str, str]
) -> dict[str, Any]:
    """Return a task as the group names it, with what the suite pins beyond its definition."""
    if leaf.dataset is None and (benchmark.withheld or not may_redistribute(benchmark.licence)):
        raise AssayError(
            "suite_invalid",
            f"The data of {leaf.name} lie in the suite's own files, which every bundle holds, but "
            f"{benchmark.name} may not publish them (licence {benchmark.licence}).",
            "Put the data on a hub, or name a licence that lets them be passed on.",
        )
    member: dict[str, Any] = {"task": leaf.name}
    if benchmark.num_fewshot not in {None, leaf.num_fewshot}:
        member["num_fewshot"] = benchmark.num_fewshot
    if (metrics := leaf.metrics_without_downloads(benchmark.metrics)) is not None:
        member["metric_list"] = metrics
    if leaf.dataset is not None:
        member["dataset_kwargs"] = {**leaf.dataset_kwargs, "revision": revisions[leaf.dataset]}
    return member


def _group(name: str, members: Sequence[Mapping[str, Any]]) -> bytes:
    """Write the group that has stock lm-eval load the tasks as they are pinned."""
    group = {"group": name, "task": list(members), "metadata": {"version": 1.0}}
    return yaml.safe_dump(group, sort_keys=False, allow_unicode=True).encode()


def _lay_beside(own: Path, files: Mapping[str, bytes], found: Sequence[catalogue.Leaf]) -> None:
    """Write what the suite's folder gets, where it hides no file and no task of the suite's own."""
    for path, data in files.items():
        if (own / path).exists():
            raise AssayError(
                "suite_invalid",
                f"The suite's own folder tasks/ has a file {path}, which publishing writes.",
                "Give the file another name.",
            )
        (own / path).parent.mkdir(parents=True, exist_ok=True)
        (own / path).write_bytes(data)
    index = catalogue.index(own, [leaf.name for leaf in found])
    for leaf in found:
        is_copy = Path(str(index[leaf.name].yaml_path)).is_relative_to(own / definitions.FOLDER)
        if is_copy == (leaf.source is None):
            raise AssayError(
                "suite_invalid",
                f"{leaf.name} is both a task of the suite's own and one that others of lm-eval's "
                "are made of.",
                "Give the suite's own task another name.",
            )


def _documents(
    root: Path, tasks: Sequence[str], revisions: Mapping[str, str]
) -> dict[str, tuple[int, str, bool]]:
    """Load the tasks as a run would, offline; see `workers.plan.survey` for what is returned."""
    for dataset, revision in revisions.items():
        for _ in datasets.fetch(dataset, revision):
            pass
        datasets.lay_out(root, dataset, revision)
    bundle.write_config(
        root,
        tasks=tasks,
        model_args={},
        chat_template=False,
        unsafe_code=settings.ASSAY_UNSAFE_CODE,
    )
    runner = Runner(root, root / "log.txt")
    try:
        found = _ask(runner, Call("survey"))
    finally:
        runner.close()
    return {task: (count, root, unsafe) for task, (count, root, unsafe) in found.items()}


def _ask(runner: Runner, call: Call) -> Any:
    runner.call(call)
    while True:
        event = runner.poll(_POLL_SECONDS)
        if event is not None and event.kind == "failed":
            raise AssayError(event.code, event.detail, _hint(event.code))
        if event is not None and event.kind == "done":
            return event.value


def _hint(code: str) -> str:
    """Return what an operator can do about a suite that can't be published."""
    if code == FailureCode.UNSAFE_CODE_NOT_ALLOWED:
        return "Leave them out, or set ASSAY_UNSAFE_CODE=1 here and at workers with a sandbox."
    return ""
