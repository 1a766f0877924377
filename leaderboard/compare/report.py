"""Everything that the page says of the results that were chosen."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluations.models import Benchmark
from evaluations.queries.agreement import APART, Agreement, Point, agreements, differing
from evaluations.queries.comparison import compare
from evaluations.queries.standings import Row
from leaderboard.compare.differences import Differences, differences
from leaderboard.compare.flipped import Flipped, flipped
from leaderboard.compare.members import Chosen, Member
from leaderboard.compare.verdict import Said, said
from leaderboard.compare.view import View

#: Results of the baseline's board that its list offers.
OFFERED = 200


@dataclass(frozen=True, slots=True)
class Report:
    """What is said once there are a baseline and others.

    Attributes:
        agreed: what they share, and in what they differ.
        paired: the others that are compared.
        apart: the others that can't be, each with what keeps them apart.
        marked: those that are, though something but the model differs, each with what.
        differences: None if nobody is compared.
        flipped: with one of the others; None likewise.
    """

    agreed: Sequence[Agreement]
    paired: Sequence[Member]
    apart: Sequence[tuple[Member, Sequence[Point]]]
    marked: Sequence[tuple[Member, Sequence[Point]]]
    said: Sequence[Said]
    differences: Differences | None
    flipped: Flipped | None


def report(chosen: Chosen, view: View) -> Report | None:
    """Compare what was chosen; None without at least two results."""
    if not chosen.others:
        return None
    baseline = chosen.members[0]
    agreed = agreements([member.result for member in chosen.members])
    points = [(member, differing(agreed, member.place)) for member in chosen.others]
    apart = [(member, _of(named, APART)) for member, named in points if _of(named, APART)]
    paired = [(member, named) for member, named in points if not _of(named, APART)]
    others = [member for member, _ in paired]
    benchmarks = list(baseline.result.submission.suite.benchmarks.all())
    compared = compare(baseline.result, [member.result for member in others], benchmarks)
    return Report(
        agreed,
        others,
        apart,
        [(member, named) for member, named in paired if named],
        [said(baseline, m, one) for m, one in zip(others, compared, strict=True)],
        differences(others, compared, benchmarks) if others else None,
        _flipped(baseline, others, benchmarks, view),
    )


def offered(chosen: Chosen) -> list[Row]:
    """Return rows of the baseline's board that may be added, in the board's order."""
    if chosen.board is None:
        return []
    there = {member.result.public_id for member in chosen.members}
    return [row for row in chosen.board.standings.all_rows if row.result not in there][:OFFERED]


def _of(points: Sequence[Point], kinds: Sequence[Point]) -> list[Point]:
    return [point for point in points if point in kinds]


def _flipped(
    baseline: Member, others: Sequence[Member], benchmarks: Sequence[Benchmark], view: View
) -> Flipped | None:
    if not others:
        return None
    asked = (member for member in others if member.result.public_id == view.other)
    return flipped(baseline, next(asked, others[0]), benchmarks, view)
