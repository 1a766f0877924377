"""lm-eval's own command line with our engine, as a stranger with a checkout uses it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lm_eval.evaluator import simple_evaluate
from lm_eval.tasks import TaskManager

from tests.material import MC, make_model, make_tasks
from tests.servers import ROOT

pytestmark = pytest.mark.engine


def test_the_command_line_takes_it_by_its_name_and_scores_are_stocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_model(tmp_path / "model")
    make_tasks(tmp_path / "task")
    given = _by_command(tmp_path)
    monkeypatch.chdir(tmp_path)
    expected = _by_stock()
    for metric in ("acc,none", "acc_norm,none", "acc_stderr,none"):
        assert given[metric] == expected[metric]


def _by_stock() -> dict[str, Any]:
    results: dict[str, Any] = simple_evaluate(
        model="hf",
        model_args={"pretrained": "model", "dtype": "float32"},
        device="cpu",
        tasks=[MC],
        task_manager=TaskManager(include_path="task", include_defaults=False),
    )["results"][MC]
    return results


def _by_command(folder: Path) -> dict[str, Any]:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
        "HF_HUB_OFFLINE": "1",
        "OMP_WAIT_POLICY": "PASSIVE",
    }
    command = [
        *(sys.executable, "-m", "workers.engines", "run", "--model", "assay", "--device", "cpu"),
        *("--model_args", "pretrained=model,dtype=float32", "--tasks", MC),
        *("--include_path", "task", "--output_path", "out"),
    ]
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    [results] = (folder / "out").glob("**/results_*.json")
    found: dict[str, Any] = json.loads(results.read_text())["results"][MC]
    return found
