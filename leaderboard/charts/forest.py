"""A forest plot's axis and strips: intervals around zero, one strip of SVG for each.

Positions are in per cent of a strip's width, so that strips and texts need not scale together.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from evaluations.scoring.pairs import Difference

#: Distances between ticks, in percentage points; with the last one the axis ends at 100.
_STEPS = (0.1, 0.2, 0.4, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 40)
#: From the middle to either end, in ticks.
_REACH = 2.5


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across all strips: its place, and its value in percentage points."""

    at: float
    value: float


@dataclass(frozen=True, slots=True)
class Strip:
    """Where an interval begins and ends, and where the difference stands."""

    low: float
    high: float
    at: float


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis with zero in the middle.

    Attributes:
        step: between ticks, in percentage points.
    """

    step: float

    @classmethod
    def over(cls, differences: Iterable[Difference]) -> "Axis":
        """Return the axis with the narrowest steps that holds all intervals."""
        ends = [abs(end) for one in differences for end in (one.low, one.high)]
        most = 100 * max(ends, default=0.0)
        return cls(next((step for step in _STEPS if step * _REACH >= most), _STEPS[-1]))

    @property
    def ticks(self) -> list[Tick]:
        """The ticks, from left to right."""
        values = [place * self.step for place in range(-2, 3)]
        return [Tick(self._at(value), value) for value in values]

    def strip(self, one: Difference) -> Strip:
        """Return where one difference is drawn; what lies beyond the axis stands at its end."""
        return Strip(*(self._at(100 * value) for value in (one.low, one.high, one.value)))

    def _at(self, points: float) -> float:
        share = 0.5 + points / (2 * _REACH * self.step)
        return round(100 * min(1.0, max(0.0, share)), 2)
