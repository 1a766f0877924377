"""The promise that all else stands on: our answers, replayed, are stock lm-eval's own run."""

import random
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.material import DOCUMENTS, GEN, MC, make_model, make_tasks
from tests.stock import assert_reproduced, run_stock
from workers.bundle import (
    BenchmarkSpec,
    read_scores,
    seal,
    write_bundle,
    write_config,
    write_run,
    write_scores,
)
from workers.runner.process import Runner
from workers.runner.protocol import Call

pytestmark = pytest.mark.engine
BENCHMARKS = [
    BenchmarkSpec(
        name, task, None, [metric], kept, 0.25, "mean", normalised=False, withheld=False,
        components=[{"task": task, "metric": metric, "filter": kept, "baseline": 0.25}],
    )
    for name, task, metric, kept in [
        ("letters", MC, "acc", "none"),
        ("copy", GEN, "exact_match", "word"),
    ]
]  # fmt: skip


@pytest.mark.parametrize(
    ("chat_template", "cuts"), [(False, (1, 7, DOCUMENTS)), (True, (5,))], ids=["plain", "chat"]
)
def test_units_of_any_size_in_any_order_reproduce_a_stock_run_byte_for_byte(
    tmp_path: Path, chat_template: bool, cuts: tuple[int, ...]
) -> None:
    slot = tmp_path / "slot"
    slot.mkdir()
    make_tasks(slot / "task")
    make_model(slot / "model")
    model_args = {"pretrained": "model", "dtype": "float32"}
    write_config(slot, tasks=[MC, GEN], model_args=model_args, chat_template=chat_template)
    bundles = {cut: _evaluate(slot, tmp_path, cut) for cut in cuts}
    assert len({bundle.read_bytes() for bundle in bundles.values()}) == 1

    elsewhere = tmp_path / "elsewhere"
    with tarfile.open(bundles[cuts[-1]]) as archive:
        archive.extractall(elsewhere, filter="data")
    shutil.copytree(slot / "model", elsewhere / "model")
    run_stock(elsewhere)
    assert_reproduced(elsewhere)


def _evaluate(slot: Path, tmp_path: Path, cut: int) -> Path:
    """Plan, answer in shuffled units of `cut` documents, score, and seal the bundle."""
    here = tmp_path / f"cut-{cut}"
    shutil.copytree(slot, here)
    (here / "out").mkdir()
    runner = Runner(here, tmp_path / f"log-{cut}.txt")
    try:
        tasks = _do(runner, Call("plan", {"folders": []}))
        (here / "out" / "pack").rename(here / "pack")
        units = [(task, first) for task in tasks for first in range(0, DOCUMENTS, cut)]
        random.Random(cut).shuffle(units)
        files: dict[str, list[str]] = {}
        for task, first in units:
            file = f"{task}-{first}.jsonl"
            count = min(cut, DOCUMENTS - first)
            _do(
                runner,
                Call(
                    "answer",
                    {"task": task, "first": first, "count": count, "repeats": 1, "file": file},
                ),
            )
            files.setdefault(task, []).append(f"out/answers/{file}")
        _do(runner, Call("score", {"recorded": files, "folders": []}))
    finally:
        runner.close()
    (here / "out" / "results").rename(here / "results")
    write_scores(here, read_scores(here, BENCHMARKS))
    write_run(here, plan={"v": 1, "tasks": tasks}, weights={"v": 1}, environment={"packages": {}})
    sealed = tmp_path / f"sealed-{cut}"
    sealed.mkdir()
    bundle = tmp_path / f"bundle-{cut}.tar"
    seal(here, sealed)
    write_bundle(sealed, {}, bundle)
    return bundle


def _do(runner: Runner, call: Call) -> Any:
    runner.call(call)
    while True:
        event = runner.poll(120)
        assert event is not None, "the runner is silent"
        assert event.kind != "failed", f"{event.code}: {event.detail}"
        if event.kind == "done":
            return event.value
