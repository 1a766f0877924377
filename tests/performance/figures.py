"""What a measurement says: values with their spread, and ratios with their goals."""

import os
import platform
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Self

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One quantity, measured several times in one run.

    Attributes:
        values: in the order in which they were measured.
    """

    name: str
    unit: str
    values: list[float]


@dataclass(frozen=True)
class Ratio:
    """Two quantities of one run side by side.

    Attributes:
        value: the ratio of their medians, or what `unit` says.
        goal: `<=` or `>=` and a number; empty where there is none.
    """

    name: str
    value: float
    goal: str = ""
    unit: str = ""

    @property
    def verdict(self) -> str:
        """Whether the goal is met, in a word; empty where there is none."""
        if not self.goal:
            return ""
        sign, number = self.goal.split()
        met = self.value <= float(number) if sign == "<=" else self.value >= float(number)
        return "met" if met else "MISSED"


@dataclass
class Report:
    """What one measurement found.

    Attributes:
        notes: what a reader of the figures must know.
    """

    name: str
    rows: list[Row] = field(default_factory=list)
    ratios: list[Ratio] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, name: str, unit: str, values: Sequence[float]) -> float:
        """Add a quantity and return its median."""
        self.rows.append(Row(name, unit, [round(value, 4) for value in values]))
        return median(values)

    def compare(self, name: str, value: float, *, goal: str = "", unit: str = "") -> None:
        """Add a ratio."""
        self.ratios.append(Ratio(name, round(value, 3), goal, unit))

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        ratios = [asdict(ratio) | {"verdict": ratio.verdict} for ratio in self.ratios]
        rows = [asdict(row) for row in self.rows]
        return {"name": self.name, "rows": rows, "ratios": ratios, "notes": self.notes}

    @classmethod
    def read(cls, data: dict[str, Any]) -> Self:
        """Return what `as_json` gave."""
        ratios = [Ratio(r["name"], r["value"], r["goal"], r["unit"]) for r in data["ratios"]]
        return cls(data["name"], [Row(**row) for row in data["rows"]], ratios, data["notes"])


class Budget:
    """Time that a measurement may take: rounds are made while there is some left."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def rounds(self, most: int) -> Iterator[int]:
        """Yield 1, 2 …: at least once, and again while a round as long as the longest fits."""
        longest = 0.0
        for number in range(1, most + 1):
            began = time.monotonic()
            if number > 1 and began + longest > self._end:
                return
            yield number
            longest = max(longest, time.monotonic() - began)


def machine() -> dict[str, Any]:
    """Return where and when this is measured, and how busy it is there."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": [round(load, 1) for load in os.getloadavg()],
        "python": platform.python_version(),
        "platform": platform.platform(),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def show(report: Report, console: Console) -> None:
    """Print a report as two tables."""
    table = Table(title=report.name, box=SIMPLE_HEAD, title_justify="left")
    for name in ("", "min", "median", "max", "n"):
        table.add_column(name, justify="left" if not name else "right")
    for row in report.rows:
        spread = (min(row.values), median(row.values), max(row.values))
        cells = [f"{value:,.3g}" if value < 100 else f"{value:,.0f}" for value in spread]
        table.add_row(f"{row.name}, {row.unit}", *cells, str(len(row.values)))
    console.print(table)
    for ratio in report.ratios:
        goal = f"   goal {ratio.goal}: [b]{ratio.verdict}[/b]" if ratio.goal else ""
        console.print(f"  {ratio.name}: [b]{ratio.value:g}[/b] {ratio.unit}{goal}")
    for note in report.notes:
        console.print(f"  {note}", style="dim")
