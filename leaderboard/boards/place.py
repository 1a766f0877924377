"""Where one result stands on its board."""

from dataclasses import dataclass

from evaluations.enums import SubmissionState
from evaluations.models import Result
from evaluations.queries.results import is_outdated
from evaluations.queries.standings import Row
from leaderboard.boards.snapshot import snapshot

_TO = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Place:
    """A result among those that it may be compared with.

    Attributes:
        row: with its rank, and the range of ranks once that is computed.
        results: how many there are.
        apart: whether they stand apart from the board's ranking, for their engine or precision.
    """

    row: Row
    results: int
    apart: bool

    @property
    def ranks(self) -> str:
        """The range of ranks, or the rank while that is not computed."""
        first, last = self.row.first or self.row.rank, self.row.last or self.row.rank
        return str(first) if first == last else f"{first}{_TO}{last}"


def place(result: Result) -> Place | None:
    """Return where a result stands; None if it left its board, or the board its suite."""
    if result.submission.state != SubmissionState.PUBLISHED or is_outdated(result):
        return None
    for number, section in enumerate(snapshot(result.board).standings.sections):
        for row in section.rows:
            if row.result == result.public_id:
                return Place(row, len(section.rows), apart=number > 0)
    return None
