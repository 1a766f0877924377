"""Where an axis is marked: at numbers and moments that people count in."""

import math
from collections.abc import Iterable
from datetime import MAXYEAR, UTC, datetime, timedelta

#: An axis has so many marks at most.
MOST = 7
_FINE = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
_USUAL = (1.0, 2.0, 5.0)
_FEWEST = 3
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
#: Lengths in seconds of which a day, or a week, is a whole number.
_SPANS = (_MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 3 * _HOUR, 6 * _HOUR)
_DAYS = (_DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200)
_YEAR_MONTHS = 12


def even(low: float, high: float, most: int = MOST) -> list[float]:
    """Return multiples of 1, 2 or 5 times a power of ten within an interval, from 1 to `most`."""
    if not low < high:
        return [low]
    power = math.floor(math.log10((high - low) / most)) - 1
    for exponent in range(power, power + 5):
        for digit in _USUAL:
            # By division with the inverse, for 3 * 0.1 is not 0.3.
            step, inverse = digit * 10.0**exponent, 10.0**-exponent / digit
            first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
            if 0 < last - first + 1 <= most:
                return [n / inverse if exponent < 0 else n * step for n in range(first, last + 1)]
    return [low]


def growing(low: float, high: float, most: int = MOST) -> list[float]:
    """Return round numbers for a logarithmic axis over positive ones, from 1 to `most`."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in (_FINE, _USUAL, (1.0, 3.0), (1.0,)):
        found = _within(low, high, (digit * 10.0**power for power in decades for digit in digits))
        if _FEWEST <= len(found) <= most:
            return found
    if len(found) > most:
        return found[:: -(-len(found) // most)]
    return even(low, high, most)


def moments(low: datetime, high: datetime, most: int = MOST) -> list[tuple[datetime, str]]:
    """Return round moments within an interval in UTC, from 1 to `most`, and how each is written."""
    low, high = low.astimezone(UTC), high.astimezone(UTC)
    seconds = (high - low).total_seconds()
    clock = "%H:%M" if low.date() == high.date() else "%m-%d %H:%M"
    for step in _SPANS:
        if seconds / step < most:
            return _times(low, high, step, clock) or [(low, low.strftime(clock))]
    for step in _DAYS:
        if seconds / step < most:
            return _times(low, high, step, "%Y-%m-%d")
    for months in _MONTHS:
        found = _months(low, high, months)
        if len(found) <= most:
            break
    written = "%Y" if months >= _YEAR_MONTHS else "%Y-%m"
    return [(moment, moment.strftime(written)) for moment in found]


def _within(low: float, high: float, values: Iterable[float]) -> list[float]:
    return [value for value in values if low <= value <= high]


def _times(low: datetime, high: datetime, step: int, written: str) -> list[tuple[datetime, str]]:
    first = math.ceil(low.timestamp() / step)
    last = math.floor(high.timestamp() / step)
    found = [datetime.fromtimestamp(n * step, UTC) for n in range(first, last + 1)]
    return [(moment, moment.strftime(written)) for moment in found]


def _months(low: datetime, high: datetime, step: int) -> list[datetime]:
    start = low - timedelta(microseconds=1)
    number = (start.year * _YEAR_MONTHS + start.month - 1) // step + 1
    found = []
    while number * step < MAXYEAR * _YEAR_MONTHS:
        year, month = divmod(number * step, _YEAR_MONTHS)
        moment = datetime(year, month + 1, 1, tzinfo=UTC)
        if moment > high:
            break
        found.append(moment)
        number += 1
    return found
