"""From values to places on a drawing."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis.

    Attributes:
        low, high: the values at its ends; `low < high`, both positive on a logarithmic axis.
        start, end: its ends on the drawing.
    """

    low: float
    high: float
    start: int
    end: int
    log: bool = False

    def place(self, value: float) -> int:
        """Return where a value lies; on a logarithmic axis it must be positive."""
        low, high, at = self.low, self.high, value
        if self.log:
            low, high, at = math.log(low), math.log(high), math.log(at)
        return round(self.start + (self.end - self.start) * (at - low) / (high - low))


def around(low: float, high: float, *, log: bool, least: float) -> tuple[float, float]:
    """Return ends a little beyond two values.

    Args:
        low: the least value.
        high: the greatest one.
        log: whether the axis is logarithmic.
        least: how far the ends stand from values that are equal: a factor on a logarithmic axis.
    """
    if low == high:
        return (low / least, high * least) if log else (low - least, high + least)
    room = 0.04
    if log:
        factor = (high / low) ** room
        return low / factor, high * factor
    return low - room * (high - low), high + room * (high - low)
