"""Stock lm-eval as a stranger uses it: in a folder with an unpacked bundle and the model."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import zstandard

from evaluations.provenance.canonical import jcs


def run_stock(root: Path, **settings: str) -> None:
    """Run `lm_eval run --config run/config.yaml`, with nothing of ours in the environment."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(root),
        "HF_HUB_OFFLINE": "1",
        # Only so that tests that run beside others don't wait for each other's threads.
        "OMP_WAIT_POLICY": "PASSIVE",
        **settings,
    }
    command = [sys.executable, "-m", "lm_eval", "run", "--config", "run/config.yaml"]
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]


def assert_reproduced(root: Path) -> None:
    """Hold what stock lm-eval wrote against the bundle: samples byte by byte, results by value."""
    stored = sorted((root / "results" / "samples").glob("*.jsonl.zst"))
    assert stored
    for path in stored:
        task = path.name.removesuffix(".jsonl.zst")
        [stock] = root.glob(f"reproduced/**/samples_{task}_*.jsonl")
        assert zstandard.decompress(path.read_bytes()) == stock.read_bytes()
    [stock_results] = root.glob("reproduced/**/results_*.json")
    # A function's place in memory is no part of a result.
    text = re.sub(r"(<function \w+) at 0x[0-9a-f]+>", r"\1>", stock_results.read_text())
    theirs = json.loads(text)
    ours = json.loads((root / "results" / "results.json").read_bytes())
    assert jcs(ours) == jcs({key: theirs[key] for key in ours})
