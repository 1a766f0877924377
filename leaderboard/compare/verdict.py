"""What the comparisons allow one to say in a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluations.queries.comparison import Comparison, Outcome
from evaluations.scoring.pairs import Difference
from leaderboard.compare.members import Member

#: A model is called smaller from this share of the baseline's parameters downwards.
_SMALLER = 0.8
#: So many benchmarks are named; more are counted.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Said:
    """What may be said of one model.

    Attributes:
        difference: the board's; None if it isn't known.
        better, worse: titles of benchmarks where it is, whatever the board's score says.
        size: its parameters as a share of the baseline's, if it is clearly smaller.
    """

    member: Member
    outcome: Outcome
    difference: Difference | None
    better: Sequence[str]
    worse: Sequence[str]
    size: float | None

    @property
    def named(self) -> bool:
        """Whether the benchmarks are few enough to be named."""
        return len(self.better) + len(self.worse) <= _NAMED


def said(baseline: Member, member: Member, comparison: Comparison) -> Said:
    """Return what may be said of one model against the baseline.

    Benchmarks are told where they go against the board's score, or the board's tells nothing.
    """
    board = comparison.board.outcome
    at = {
        outcome: [
            line.benchmark.title
            for line in comparison.lines
            if line.outcome == outcome and line.benchmark and board != outcome
        ]
        for outcome in (Outcome.BETTER, Outcome.WORSE)
    }
    return Said(
        member,
        board,
        comparison.board.difference,
        at[Outcome.BETTER],
        at[Outcome.WORSE],
        _size(baseline, member),
    )


def _size(baseline: Member, member: Member) -> float | None:
    if not baseline.row.parameters or not member.row.parameters:
        return None
    share = member.row.parameters / baseline.row.parameters
    return share if share <= _SMALLER else None
