"""The marks of an axis, and which of them have room for their words."""

from collections.abc import Iterable
from dataclasses import dataclass

from leaderboard.charts.labels import Box, covered
from leaderboard.charts.measures import decimals
from leaderboard.charts.scales import Scale, around
from leaderboard.charts.ticks import even

WIDE, HIGH = 606, 256
RIGHT, TOP, BOTTOM = 594, 22, 212
#: Where the words of the axis across stand.
BASELINE = 230
#: Type in the drawing's own units: where it is drawn at its size, and on phones at half of it.
USUAL, LARGE = 12, 22
_GAP = 12
#: Equal scores stand in the middle of so many percentage points on both sides.
_LEAST = 2.5


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis.

    Attributes:
        few: whether it has no room where type is large.
    """

    at: int
    text: str
    few: bool = False


def upright(low: float, high: float) -> tuple[Scale, list[Tick]]:
    """Return the axis of scores, from shares of 1; it is in per cent."""
    ends = around(100 * low, 100 * high, log=False, least=_LEAST)
    scale = Scale(*ends, BOTTOM, TOP)
    values = even(*ends, most=6)
    texts = decimals(values)
    return scale, [Tick(scale.place(v), text) for v, text in zip(values, texts, strict=True)]


def left_of(ticks: Iterable[Tick]) -> int:
    """Return where the drawing begins, so that the words of the upright axis have room."""
    longest = max(len(tick.text) for tick in ticks)
    return _GAP + round(0.6 * LARGE * longest)


def across(scale: Scale, values: Iterable[tuple[float, str]]) -> list[Tick]:
    """Return the marks of the axis across; those whose words would meet are left out."""
    found: list[Tick] = []
    last, last_large = (Box(0, 0, -1.0, 0) for _ in range(2))
    for value, text in values:
        at = scale.place(value)
        usual, large = (covered(at, BASELINE, "middle", text, size) for size in (USUAL, LARGE))
        if usual.left < last.right + USUAL / 2:
            continue
        few = large.left < last_large.right + LARGE / 2 or large.right > WIDE or large.left < 0
        found.append(Tick(at, text, few))
        last = usual
        if not few:
            last_large = large
    return found
