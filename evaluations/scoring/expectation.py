"""What a second run may come to: how far a score may move under R1 and under R2.

`equivalence.py` judges each benchmark on its metric's scale; a score is the mean of its benchmarks,
some of which are rescaled by guessing, so its tolerance is the mean of theirs.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from evaluations.scoring.equivalence import EQUIVALENCE_MARGIN, tolerance


@dataclass(frozen=True, slots=True)
class Measured:
    """One benchmark of a score.

    Attributes:
        n: its documents.
        baselines: of guessing, of each number that it is made of.
        normalised: whether guessing counts as 0 in it.
    """

    n: int
    baselines: Sequence[float]
    normalised: bool

    @property
    def scale(self) -> float | None:
        """By how much rescaling stretches a change; None if its numbers are stretched unequally."""
        if not self.normalised:
            return 1.0
        return 1 / (1 - self.baselines[0]) if len(set(self.baselines)) == 1 else None


@dataclass(frozen=True, slots=True)
class Expectation:
    """How far a score may move at most, either way, on its own scale."""

    r1: float
    r2: float


def expectation(benchmarks: Sequence[Measured]) -> Expectation | None:
    """Return what R1 and R2 allow; None if there is no benchmark, or no one bound on it."""
    scales = [(one.n, one.scale) for one in benchmarks if one.n > 0]
    known = [(n, scale) for n, scale in scales if scale is not None]
    if not known or len(known) < len(benchmarks):
        return None
    return Expectation(
        r1=math.fsum(tolerance(n) * scale for n, scale in known) / len(known),
        r2=math.fsum(EQUIVALENCE_MARGIN * scale for _, scale in known) / len(known),
    )
