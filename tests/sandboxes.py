"""Running small programs in the sandbox, as a model that took over its runner would."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from workers.runner import sandbox

needs_sandbox = pytest.mark.skipif(bool(sandbox.available()), reason=sandbox.available())

_LIMITED = """\
import sys
from workers.runner.limits import Limits
Limits(memory=1 << 30, file_size=1 << 20, processes=64).apply()
"""


def run_inside(
    program: str, slot: Path, *, limited: bool = False, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a Python program in the sandbox; `limited` to a GiB of memory and a MiB a file."""
    variables = {"PYTHONPATH": str(Path(__file__).resolve().parents[1]), **(environment or {})}
    slot.mkdir(exist_ok=True)
    return subprocess.run(
        sandbox.command(
            [sys.executable, "-c", (_LIMITED if limited else "") + program],
            slot=slot,
            environment=variables,
        ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def said(program: str, slot: Path, *, limited: bool = False) -> str:
    """Run a program that must succeed, and return what it printed."""
    done = run_inside(program, slot, limited=limited)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
