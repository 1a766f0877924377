"""What the queue costs: a run of 10,000 units against an engine that answers at once.

One real Celery worker on PostgreSQL and Redis; from a unit's question to the next one's lie its
answers' way into the store, its end, and the next claim. Measured in an empty database and in one
with many finished runs, in processes of their own.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from tests import servers
from tests.performance import sites
from tests.performance.figures import Budget, Report

#: The run that is measured, by how many finished runs there are; without any, a shorter one tells.
UNITS = {0: 3_000, 2_000: 10_000}
_HISTORY = max(UNITS)
_CHUNK = 500
_QUESTIONS, _RINGS, _WAITING = 30, 20, 100
_APP = "tests.performance.fake"


def measure(budget: Budget) -> Report:
    """Measure without and with history, in turns."""
    seen: dict[int, list[dict[str, Any]]] = {history: [] for history in UNITS}
    for _ in budget.rounds(3):
        for history, found in seen.items():
            found.append(_in_own_process(history))
    report = Report(f"queue: a run of {UNITS[_HISTORY]:,} units, one worker, PostgreSQL and Redis")
    middle = {}
    for history, found in seen.items():
        where = f"{history:,} finished runs"

        def all_of(name: str, found: list[dict[str, Any]] = found) -> list[float]:
            return [value for one in found for value in one[name]]

        middle[history] = report.add(f"a unit, {where}", "ms", all_of("unit"))
        report.add(f"  of it in the database, {where}", "ms", all_of("sql"))
        report.add(f"  of it in the store, {where}", "ms", all_of("store"))
        report.add(f"  statements, {where}", "a unit", all_of("statements"))
        report.add(f"choosing among {_WAITING} runs, {where}", "ms", all_of("choose"))
        report.add(f"the sweep's look, {where}", "ms", all_of("sweep"))
        report.add(f"from a ring to the end of a run of one unit, {where}", "ms", all_of("ring"))
        early, late = (median(all_of(name)) for name in ("early", "late"))
        report.compare(f"the run's last fifth to its first, {where}", late / early)
    report.compare("a unit, with no history", middle[0], goal="<= 10", unit="ms")
    report.compare(f"a unit, with {_HISTORY:,} runs", middle[_HISTORY], goal="<= 10", unit="ms")
    report.compare("with history to without", middle[_HISTORY] / middle[0], goal="<= 1.15")
    report.notes.append(f"Each value of a unit is the mean of {_CHUNK} in a row.")
    return report


def _in_own_process(history: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", __name__, str(history)],
        cwd=servers.ROOT,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _measure_one(history: int) -> dict[str, list[float]]:
    with sites.site(ASSAY_ENERGY="off", ASSAY_SANDBOX="off") as site:
        from tests.performance import history as rows

        rows.finished(history)
        with rows.waiting(_WAITING):
            found = _asking()
        with sites.worker(site, app=_APP) as process:
            log, seen = site.var / "worker-1.log", site.var / "bench.json"
            found["ring"] = []
            for _ in range(_RINGS):
                began = time.monotonic()
                rows.ready(1)
                found["ring"].append(1000 * (sites.wait(seen.exists, process, log) - began))
                seen.unlink()
            rows.ready(UNITS[history])
            sites.wait(seen.exists, process, log, seconds=300)
            return found | _per_unit(json.loads(seen.read_text()))


def _asking() -> dict[str, list[float]]:
    """Return what it takes to ask the database for a run, and for all that can be claimed."""
    from django.db import connection

    from workers import claims

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return {"choose": _timed(lambda: list(claims._candidates())), "sweep": _timed(claims.waiting)}


def _timed(question: Callable[[], object]) -> list[float]:
    question()
    taken = []
    for _ in range(_QUESTIONS):
        began = time.perf_counter()
        question()
        taken.append(1000 * (time.perf_counter() - began))
    return taken


def _per_unit(seen: dict[str, Any]) -> dict[str, list[float]]:
    asked = seen["asked"]
    chunks = [
        1000 * (asked[start + _CHUNK] - asked[start]) / _CHUNK
        for start in range(0, len(asked) - _CHUNK, _CHUNK)
    ]
    fifth = len(chunks) // 5
    return {
        "unit": chunks,
        "early": chunks[:fifth],
        "late": chunks[-fifth:],
        "sql": [1000 * seen["sql"] / len(asked)],
        "store": [1000 * seen["store"] / len(asked)],
        "statements": [seen["statements"] / len(asked)],
    }


if __name__ == "__main__":
    print(json.dumps(_measure_one(int(sys.argv[1]))))  # noqa: T201  its parent reads it
