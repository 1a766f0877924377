"""Who is compared: the results that were chosen, as the page speaks of them."""

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from evaluations.enums import SubmissionState
from evaluations.models import Result
from evaluations.queries.chosen import by_ids
from evaluations.queries.standings import Row
from leaderboard.boards.snapshot import Snapshot, snapshot
from leaderboard.compare.view import MOST, View


@dataclass(frozen=True, slots=True)
class Member:
    """A result of the comparison.

    Attributes:
        place: 0 for the baseline; names the shape that stands for it.
        name: the model's without its organisation; with the result's id where two are called alike.
        row: as its board shows it.
        ranked: whether it is among the rows that its board ranks together.
    """

    place: int
    name: str
    result: Result
    row: Row
    ranked: bool

    @property
    def organisation(self) -> str:
        """Who made the model, empty if its name doesn't say."""
        return self.row.name.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What came of the pins.

    Attributes:
        members: the baseline first.
        unknown: pins that are no result's.
        gone: results that no longer stand.
        surplus: how many were left out because there were too many.
        board: the baseline's; None without one.
    """

    members: Sequence[Member]
    unknown: Sequence[str]
    gone: Sequence[Result]
    surplus: int
    board: Snapshot | None

    @property
    def others(self) -> Sequence[Member]:
        """All but the baseline."""
        return self.members[1:]


def choose(view: View) -> Chosen:
    """Look up the results that a view names."""
    found = by_ids(view.pins)
    named = [found[pin] for pin in view.pins if pin in found]
    boards = {result.board_id: result.board for result in named if _stands(result)}
    snapshots = {pk: snapshot(board) for pk, board in boards.items()}
    rows = {row.result: row for one in snapshots.values() for row in one.standings.all_rows}
    ranked = {row.result for one in snapshots.values() for row in one.standings.rows}
    standing = [result for result in named if result.public_id in rows]
    members = _members(standing[:MOST], rows, ranked)
    return Chosen(
        members,
        [pin for pin in view.pins if pin not in found],
        [result for result in named if result.public_id not in rows],
        max(0, len(standing) - MOST),
        snapshots[members[0].result.board_id] if members else None,
    )


def _stands(result: Result) -> bool:
    return result.submission.state == SubmissionState.PUBLISHED


def _members(
    results: Sequence[Result], rows: Mapping[str, Row], ranked: Container[str]
) -> list[Member]:
    short = [rows[result.public_id].name.rpartition("/")[2] for result in results]
    counted = Counter(short)
    names = [
        name if counted[name] == 1 else f"{name} · {result.public_id}"
        for name, result in zip(short, results, strict=True)
    ]
    return [
        Member(place, name, result, rows[result.public_id], result.public_id in ranked)
        for place, (name, result) in enumerate(zip(names, results, strict=True))
    ]
