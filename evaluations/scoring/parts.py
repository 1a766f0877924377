"""What a board's score is made of, as far as it matters for telling models apart.

A board's score is a weighted sum. Each of its parts is the mean over one task's documents, or a
number that is no such mean. All arrays have one entry, or one row, for each model, in one order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = NDArray[np.number[Any] | np.bool]

#: A spread can't be known from fewer documents.
_FEWEST = 2


@dataclass(frozen=True, slots=True, eq=False)
class Stratum:
    """One task's documents, answered by every model.

    Attributes:
        weight: of the task's mean in the board's score; what rescales the task's value, such as
            `1 / (1 - baseline)`, is already in it.
        scores: (models, documents), finite.

    Raises:
        ValueError: if the shape is another, or a number isn't finite.
    """

    weight: float
    scores: Numbers

    def __post_init__(self) -> None:
        if self.scores.ndim != 2:  # noqa: PLR2004
            shape = self.scores.shape
            raise ValueError(f"a stratum's scores are (models, documents), not of shape {shape}")
        _require_finite("a stratum's weight", np.asarray(self.weight))
        _require_finite("a stratum's scores", self.scores)

    @property
    def models(self) -> int:
        """How many models there are."""
        return int(self.scores.shape[0])


@dataclass(frozen=True, slots=True, eq=False)
class Aggregate:
    """A number that is no mean over documents, such as a corpus metric.

    Attributes:
        weight: of the number in the board's score.
        values: (models,), finite.
        stderrs: (models,), at least 0; `inf` where none is known: nothing is then said about that
            model. Errors of different models count as independent, because nothing pairs them.

    Raises:
        ValueError: if the shapes differ, a value isn't finite, or a standard error is negative or
            NaN.
    """

    weight: float
    values: Floats
    stderrs: Floats

    def __post_init__(self) -> None:
        if self.values.ndim != 1 or self.values.shape != self.stderrs.shape:
            shapes = f"{self.values.shape} and {self.stderrs.shape}"
            raise ValueError(f"an aggregate has one value and one error a model, not {shapes}")
        _require_finite("an aggregate's weight", np.asarray(self.weight))
        _require_finite("an aggregate's values", self.values)
        if not (self.stderrs >= 0).all():
            raise ValueError("an aggregate's standard errors must be at least 0, or inf if unknown")

    @property
    def models(self) -> int:
        """How many models there are."""
        return int(self.values.shape[0])


Part: TypeAlias = Stratum | Aggregate


def known(parts: Sequence[Part], models: int) -> NDArray[np.bool]:
    """Return of which models it is known how uncertain their scores are: (models,).

    Of none, if there is no part, or a stratum has fewer than two documents. Parts of weight 0
    don't count.

    Raises:
        ValueError: if a part is about another number of models.
    """
    for part in parts:
        if part.models != models:
            raise ValueError(f"a part is about {part.models} models, and the board about {models}")
    counted = [part for part in parts if part.weight]
    found = np.full(models, bool(counted))
    for part in counted:
        if isinstance(part, Aggregate):
            found &= np.isfinite(part.stderrs)
        elif part.scores.shape[1] < _FEWEST:
            found[:] = False
    return found


def sort_key(parts: Sequence[Part], model: int) -> bytes:
    """Return bytes that order models of equal scores by their numbers, one after another.

    So the order depends neither on how models are given nor on a constant that all share.
    """
    rows: list[Numbers] = []
    for part in parts:
        if isinstance(part, Stratum):
            rows.append(part.scores[model])
        else:
            rows.append(np.array([part.values[model], part.stderrs[model]]))
    if not rows:
        return b""
    numbers = np.concatenate(rows).astype(np.float64) + 0.0  # -0.0 becomes 0.0
    bits = numbers.view(np.uint64)
    # Floats order as whole numbers do once negative ones are turned over.
    turned = bits ^ np.where(numbers < 0, np.uint64(2**64 - 1), np.uint64(2**63))
    return turned.astype(">u8").tobytes()


def _require_finite(what: str, numbers: Numbers) -> None:
    if not np.isfinite(numbers).all():
        raise ValueError(f"{what} must be finite numbers")
