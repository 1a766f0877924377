"""The items that flipped as a table for spreadsheets, piece by piece."""

import csv
import io
from collections.abc import Iterator

from leaderboard.boards.exports import Value, disarmed
from leaderboard.compare.flipped import Flip, Flipped
from leaderboard.compare.members import Member

COLUMNS = (
    "task", "document", "question", "target", "baseline", "baseline_score", "baseline_answer",
    "other", "other_score", "other_answer",
)  # fmt: skip
#: Items whose texts are in memory at once.
_PIECE = 500


def rows(baseline: Member, found: Flipped) -> Iterator[bytes]:
    """Yield the header's line, then the lines of the whole list.

    Raises:
        ArtefactMissingError: while it goes on, if the store has lost a table, or can't be read.
    """
    ids = baseline.result.public_id, found.other.result.public_id
    yield _line(list(COLUMNS))
    for start in range(0, found.total, _PIECE):
        for flip in found.piece(start, min(start + _PIECE, found.total)):
            yield _line(_values(ids, flip))


def _values(ids: tuple[str, str], flip: Flip) -> list[Value]:
    item = flip.item
    return [
        item.task.name, item.doc_id, item.first.question, flip.first.target,
        ids[0], item.values[0], item.first.answer, ids[1], item.values[1], item.second.answer,
    ]  # fmt: skip


def _line(values: list[Value]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow([disarmed(value) for value in values])
    return text.getvalue().encode()
