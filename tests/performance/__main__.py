"""`make bench`: measures, prints the figures side by side, and keeps them as JSON.

Each measurement runs in a process of its own, with servers and state of its own; nothing of a site
on this machine is read or written, but for the file with the figures.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.performance import (
    boards,
    boot,
    browser,
    engine,
    figures,
    log,
    queue,
    ranking,
    samples,
    verification,
    warm,
    workers,
)
from tests.servers import ROOT

#: Each with the seconds that its rounds should fit into.
MEASUREMENTS = {
    "boards": (boards.measure, 55),
    "boot": (boot.measure, 35),
    "browser": (browser.measure, 60),
    "engine": (engine.measure, 60),
    "log": (log.measure, 25),
    "queue": (queue.measure, 85),
    "ranking": (ranking.measure, 20),
    "samples": (samples.measure, 40),
    "verify": (verification.measure, 55),
    "warm": (warm.measure, 70),
    "workers": (workers.measure, 90),
}
#: A busy machine takes longer over the first round, which is always made; up to here, in all.
_LIMIT_SECONDS = 600.0


def main() -> int:
    """Measure what was asked for; the exit code is 1 if a goal was missed, 2 if one failed."""
    arguments = _arguments()
    if arguments.alone:
        measure, seconds = MEASUREMENTS[arguments.alone]
        alone = measure(figures.Budget(seconds)).as_json()
        arguments.out.write_text(json.dumps(alone), encoding="utf-8")
        return 0
    # A file or a pipe has no width of its own.
    console = Console(width=None if sys.stdout.isatty() else 100)
    machine = figures.machine()
    console.print(", ".join(f"{name} {value}" for name, value in machine.items()))
    end = time.monotonic() + _LIMIT_SECONDS
    reports: list[dict[str, Any]] = []
    failed = False
    for name in arguments.names or MEASUREMENTS:
        report = _in_own_process(name, arguments.out, end - time.monotonic())
        if report is None:
            console.print(f"[b]{name}[/b] failed, or the time was up.")
            failed = True
            continue
        figures.show(report, console)
        reports.append(report.as_json())
    found = {"machine": machine, "load_at_the_end": figures.machine()["load"], "reports": reports}
    arguments.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    console.print(f"\nThe figures are in {arguments.out}.")
    missed = any(ratio["verdict"] == "MISSED" for each in reports for ratio in each["ratios"])
    return 2 if failed else int(missed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.performance", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *MEASUREMENTS], metavar="NAME")
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "bench" / "figures.json")
    parser.add_argument("--alone", choices=MEASUREMENTS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    return arguments


def _in_own_process(name: str, out: Path, seconds: float) -> figures.Report | None:
    path = out.with_name(f".{name}.json")
    path.unlink(missing_ok=True)
    command = [sys.executable, "-m", "tests.performance", "--alone", name, "--out", str(path)]
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
    try:
        code = process.wait(max(0.0, seconds))
    except subprocess.TimeoutExpired:
        code = -1
    finally:
        if process.poll() is None:
            # What it started ends with it: servers and workers have asked the kernel for that.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if code:
        return None
    report = figures.Report.read(json.loads(path.read_text(encoding="utf-8")))
    path.unlink()
    return report


if __name__ == "__main__":
    sys.exit(main())
