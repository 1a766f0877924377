"""Who had the greatest score of a board, and since when."""

from collections.abc import Iterable
from dataclasses import dataclass

from evaluations.enums import ModelSource
from evaluations.queries.standings import Row


@dataclass(frozen=True, slots=True)
class Lead:
    """A result that was greater than every one before it.

    Attributes:
        better_by: than the lead before, as a share of 1; None for the first.
    """

    row: Row
    better_by: float | None

    @property
    def path(self) -> str:
        """What follows `/models/` in the address of its model."""
        local = self.row.source == ModelSource.LOCAL
        return f"{ModelSource.LOCAL}/{self.row.name}" if local else self.row.name


def leads(rows: Iterable[Row]) -> list[Lead]:
    """Return the leads in the order of their time; an equal score takes no lead."""
    found: list[Lead] = []
    for row in sorted(rows, key=lambda row: (row.published_at, -row.estimate.value)):
        before = found[-1].row.estimate.value if found else None
        if before is None or row.estimate.value > before:
            found.append(Lead(row, None if before is None else row.estimate.value - before))
    return found
