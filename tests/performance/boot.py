"""How long a runner takes until it serves a run, with and without the sandbox."""

import tempfile
import time
from pathlib import Path

from tests.performance import sites
from tests.performance.figures import Budget, Report


def measure(budget: Budget) -> Report:
    """Start runners in turns."""
    report = Report("boot: from nothing to a runner that answers a call, no model loaded")
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        sites.alone(Path(folder))
        from django.conf import settings

        from workers.isolation import BUBBLEWRAP, isolation

        confined = isolation() == BUBBLEWRAP
        modes = ["auto", "off"] if confined else ["off"]
        taken: dict[str, list[float]] = {mode: [] for mode in modes}
        _boot(Path(folder) / "first")  # reads the files from disk for all
        for number in budget.rounds(5):
            for mode in modes:
                settings.ASSAY_SANDBOX = mode
                taken[mode].append(_boot(Path(folder) / f"{mode}-{number}"))
    without = report.add("without sandbox", "s", taken["off"])
    if confined:
        within = report.add("in bubblewrap", "s", taken["auto"])
        report.compare("with the sandbox to without", within / without)
    else:
        report.notes.append("bubblewrap doesn't work here; only the other way was measured.")
    return report


def _boot(slot: Path) -> float:
    from workers.runner.process import Runner
    from workers.runner.protocol import Call

    slot.mkdir()
    began = time.monotonic()
    runner = Runner(slot, slot / "log.txt")
    try:
        runner.call(Call("begin", {"memory": 8 * 10**9, "confined": False, "unsafe_code": False}))
        while (event := runner.poll(1.0)) is None:
            pass
        if event.kind != "done":
            raise RuntimeError(f"The runner said {event}.")
        return time.monotonic() - began
    finally:
        runner.close()
