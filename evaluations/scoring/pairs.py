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
from evaluations.scoring.significance import mcnemar, student_point


@dataclass(frozen=True, slots=True)
class Difference:
    """The second model's score less the first's, in the unit of the parts.

    Attributes:
        stderr: of the paired difference; 0 if no document is scored differently.
        low: the lower end of the interval.
        high: the upper end.
    """

    value: float
    stderr: float
    low: float
    high: float


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
    point = student_point(confidence, 1 / per_freedom if per_freedom else math.inf)
    return Difference(value, stderr, value - point * stderr, value + point * stderr)


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
