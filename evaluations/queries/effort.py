"""What a run took: time, workers' time, energy; and what confined it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evaluations.models import Run

_JOULES_PER_WATT_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Effort:
    """What a run took; None and empty texts where nothing was recorded.

    Attributes:
        started, finished: when a worker first took it, and when it ended.
        worker_seconds: of all workers together, over all stages and attempts.
        energy_joules: of the same; None if it was not measured.
        energy_method: how; empty if nobody said.
        isolation: `bubblewrap`, or `none` if any of its runners was not confined.
    """

    started: datetime | None = None
    finished: datetime | None = None
    worker_seconds: float | None = None
    energy_joules: float | None = None
    energy_method: str = ""
    isolation: str = ""

    @property
    def wall_seconds(self) -> float | None:
        """Seconds from the start to the end, pauses included."""
        if self.started is None or self.finished is None:
            return None
        return (self.finished - self.started).total_seconds()

    @property
    def energy_watt_hours(self) -> float | None:
        """The energy in Wh."""
        if self.energy_joules is None:
            return None
        return self.energy_joules / _JOULES_PER_WATT_HOUR


def effort(run: Run | None, environment: Mapping[str, Any]) -> Effort:
    """Return what a run took.

    Args:
        run: None if there was none.
        environment: the run's, which lists of runs don't load.
    """
    if run is None:
        return Effort()
    return Effort(
        started=run.started_at,
        finished=run.finished_at,
        worker_seconds=run.busy_seconds or None,
        energy_joules=run.energy_joules,
        energy_method=str(environment.get("energy_method") or ""),
        isolation=run.isolation,
    )
