"""How scores are spread: twenty columns, drawn by a template and told by a table."""

from collections.abc import Sequence
from dataclasses import dataclass

#: Columns from 0 to 1, and the drawing's size in its own units.
COLUMNS = 20
WIDTH, HEIGHT, _GAP = 400, 120, 2


@dataclass(frozen=True, slots=True)
class Column:
    """A column: scores from `low` to `high` in per cent, the last including 100."""

    low: int
    high: int
    count: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Histogram:
    """The columns, also empty ones, where guessing stands, and the greatest count."""

    columns: list[Column]
    chance: float
    most: int
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def filled(self) -> list[Column]:
        """Those that hold a score."""
        return [column for column in self.columns if column.count]


def histogram(values: Sequence[float], *, baseline: float) -> Histogram:
    """Count values between 0 and 1; what lies outside counts for the column at its end."""
    counts = [0] * COLUMNS
    for value in values:
        counts[min(COLUMNS - 1, max(0, int(value * COLUMNS)))] += 1
    most = max(counts)
    columns = [_column(place, count, most) for place, count in enumerate(counts)]
    return Histogram(columns, round(WIDTH * baseline, 1), most)


def _column(place: int, count: int, most: int) -> Column:
    step, share = WIDTH / COLUMNS, 100 // COLUMNS
    height = round(HEIGHT * count / most, 1) if most else 0.0
    return Column(
        low=share * place,
        high=share * (place + 1),
        count=count,
        x=round(step * place + _GAP / 2, 1),
        y=round(HEIGHT - height, 1),
        width=step - _GAP,
        height=height,
    )
