"""What the intervals allow one to say about the top of a board."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluations.queries.standings import Row

#: So many are named; more are counted.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Leaders:
    """Who may be the best.

    Attributes:
        known: whether the rank ranges are computed; nothing else may be said before.
        tied: the first row and those that can't be told apart from it, in the order of scores.
    """

    known: bool
    tied: Sequence[Row]
    results: int

    @property
    def first(self) -> Row:
        """The row with the greatest score."""
        return self.tied[0]

    @property
    def named(self) -> Sequence[Row]:
        """Those that are named, none if there are too many."""
        return self.tied if len(self.tied) <= _NAMED else []

    @property
    def smallest(self) -> Row:
        """The smallest of those that share the lead."""
        return min(self.tied, key=lambda row: row.parameters)


def leaders(rows: Sequence[Row]) -> Leaders | None:
    """Return who leads; None if nobody is there."""
    if not rows:
        return None
    if rows[0].bracket is None:
        return Leaders(False, rows[:1], len(rows))
    return Leaders(True, [row for row in rows if row.bracket == rows[0].bracket], len(rows))
