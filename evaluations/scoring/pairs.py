"""How two models differ over the same documents: by how much, how surely, and in which documents.

This is one comparison that somebody chose to look at. For statements about all models of a board at
once see `ranking`, whose bar is higher.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluations.scoring.contrasts import Contrasts
from evaluations.scoring.parts import Numbers, Part, known
from evaluations.scoring.significance import mcnemar, student_point, student_tail

#: From so many degrees of freedom on `student_point` takes the normal distribution too.
_AS_NORMAL = 1e6
#: What two sums of the same numbers may differ by.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Difference:
    """The second model's score less the first's, in the unit of the parts.

    Attributes:
        stderr: of the paired difference; 0 if no document is scored differently.
        low: the lower end of the interval.
        high: the upper end.
        p: the two-sided p that the models are equally good; below 0.05 an interval of 95 % excludes
            0. It stands for this one comparison: of several, `holm` corrects it.
    """

    value: float
    stderr: float
    low: float
    high: float
    p: float


@dataclass(frozen=True, slots=True, eq=False)
class Flips:
    """The documents of one task that two models are scored differently on.

    Attributes:
        lost: indices of the documents where the second model's score is lower.
        gained: where it is higher.
        same: how many are scored alike.
        mcnemar_p: the exact test that a flip either way is as likely; None unless every score is 0
            or 1.
    """

    lost: NDArray[np.intp]
    gained: NDArray[np.intp]
    same: int
    mcnemar_p: float | None


def difference(parts: Sequence[Part], *, confidence: float = 0.95) -> Difference | None:
    """Return how far two models are apart in a weighted sum: a benchmark's, or a board's.

    Each task is a stratum: its documents are paired, the tasks' variances are added, and the
    interval is Student's with the degrees of freedom of Welch and Satterthwaite. It has no width
    where no document is scored differently; that says nothing about other documents.

    Args:
        parts: each with the first model's row and the second's; weights as in the sum.
        confidence: of the interval, between 0 and 1.

    Returns:
        None where it isn't known how uncertain the difference is (`parts.known`).

    Raises:
        ValueError: if a part isn't about two models, or `confidence` is not between 0 and 1.

    Source: Satterthwaite 1946, Biometrics Bulletin 2, p. 110-114.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not be {confidence}")
    if not known(parts, 2).all():
        return None
    contrasts = Contrasts(parts, np.arange(2))
    variance, freedom = contrasts.variances(slice(0, 1), slice(1, 2))
    value = float(contrasts.totals[1] - contrasts.totals[0])
    stderr, per_freedom = math.sqrt(variance[0, 0]), float(freedom[0, 0])
    degrees = 1 / per_freedom if per_freedom else math.inf
    reach = student_point(confidence, degrees) * stderr
    return Difference(value, stderr, value - reach, value + reach, _p(value, stderr, degrees))


def holm(ps: Sequence[float]) -> list[float]:
    """Return the p of several comparisons, corrected for there being several.

    Of all those that are called different because their corrected p is below 0.05, not one is
    wrong with 95 %, whatever depends on what.

    Source: Holm 1979, Scandinavian Journal of Statistics 6, p. 65-70.
    """
    found, greatest = [1.0] * len(ps), 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=lambda place: ps[place])):
        greatest = max(greatest, min(1.0, (len(ps) - rank) * ps[place]))
        found[place] = greatest
    return found


def _p(value: float, stderr: float, degrees: float) -> float:
    if not stderr:
        return 0.0 if abs(value) > _ROUNDING else 1.0
    t = abs(value) / stderr
    if degrees >= _AS_NORMAL:
        return math.erfc(t / math.sqrt(2))
    return 2 * student_tail(t, degrees)


def flips(first: Numbers, second: Numbers) -> Flips:
    """Return which documents of one task are scored differently.

    Args:
        first: (documents,), finite.
        second: of the same documents, in the same order.

    Raises:
        ValueError: if the shapes differ or a number isn't finite.
    """
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(f"not the same documents: shapes {first.shape} and {second.shape}")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError("scores must be finite numbers")
    lost, gained = np.flatnonzero(second < first), np.flatnonzero(second > first)
    binary = np.isin(first, (0, 1)).all() and np.isin(second, (0, 1)).all()
    p = mcnemar(len(lost), len(gained)) if binary else None
    return Flips(lost, gained, len(first) - len(lost) - len(gained), p)
