"""The differences between all pairs of a board's models: how large, and how uncertain.

Pairs are looked at in tiles, so that nothing of the size of their square is ever held at once.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from evaluations.scoring.parts import Aggregate, Floats, Part, Stratum

#: A tile's side; a multiple of 8, because a bit is kept for each pair.
TILE = 512
#: Documents whose signs are drawn at once; bounds memory, and is part of what a seed gives.
_DOCUMENTS = 4096
#: Below this share of what it is the difference of, a number is what rounding left of 0.
_ROUNDING = 1e-12
#: A variance below this is none: its inverse would not fit into a float32.
_NO_VARIANCE = 1e-60


@dataclass(frozen=True, slots=True, eq=False)
class _Centred:
    """A stratum's scores, scaled so that their squares add up to variances.

    Attributes:
        scores: (models, documents), each model's mean taken away, times weight / √(n (n - 1)).
        means: (models,), weighted.
        squares: (models,), of the scores, added up: the variance of the weighted mean.
    """

    scores: Floats
    means: Floats
    squares: Floats

    @classmethod
    def of(cls, stratum: Stratum, models: NDArray[np.intp]) -> Self:
        """Return it for some of the models, in their order."""
        scores = np.take(stratum.scores, models, axis=0).astype(np.float64, copy=False)
        means = scores.mean(axis=1)
        scores -= means[:, None]
        n = scores.shape[1]
        scores *= stratum.weight / math.sqrt(n * (n - 1))
        return cls(scores, means * stratum.weight, np.einsum("ij,ij->i", scores, scores))

    @property
    def documents(self) -> int:
        return int(self.scores.shape[1])

    def variances(self, rows: slice, columns: slice) -> Floats:
        """Return the variance of each pair's difference; where there is none, of rounding's size.

        Where all documents differ alike there is no spread to estimate it from. It is then what
        one more document without a difference would give, so that the number of documents bounds
        how sure anything can be.
        """
        found: Floats = self.scores[rows] @ self.scores[columns].T
        found *= -2
        found += self.squares[rows, None]
        found += self.squares[None, columns]
        least = self.means[rows, None] - self.means[None, columns]
        least *= least
        least /= self.documents * (self.documents + 1)
        return np.maximum(found, least, out=found)


class Contrasts:
    """The differences between some models of a board, all of them known (`parts.known`).

    Args:
        parts: what the score is made of.
        models: which rows of the parts, in the order of the results.
    """

    def __init__(self, parts: Sequence[Part], models: NDArray[np.intp]) -> None:
        counted = [part for part in parts if part.weight]
        self._strata = [_Centred.of(p, models) for p in counted if isinstance(p, Stratum)]
        self.models = len(models)
        #: (models,): the score as its parts give it, up to a constant that all models share.
        self.totals: Floats = np.zeros(self.models)
        for stratum in self._strata:
            self.totals += stratum.means
        #: (models,): variances of what is no mean over documents.
        self._apart: Floats = np.zeros(self.models)
        for part in counted:
            if isinstance(part, Aggregate):
                self.totals += part.weight * part.values[models]
                self._apart += (part.weight * part.stderrs[models]) ** 2
        alone = sum((stratum.squares for stratum in self._strata), self._apart)
        size = max((float(np.abs(stratum.means).max()) for stratum in self._strata), default=0.0)
        self._least = max(_NO_VARIANCE, _ROUNDING * float(alone.max()), (_ROUNDING * size) ** 2)

    def tiles(self) -> Iterator[tuple[slice, slice]]:
        """Yield the rows and columns of tiles that cover every pair once, or twice."""
        starts = range(0, self.models, TILE)
        for row in starts:
            for column in starts[row // TILE :]:
                yield slice(row, row + TILE), slice(column, column + TILE)

    def variances(self, rows: slice, columns: slice) -> tuple[Floats, Floats]:
        """Return each pair's variance, and 1 / its degrees of freedom (Welch and Satterthwaite).

        The variance is 0 where the two models differ nowhere; the other number is then 0 as well.
        """
        variance = self._apart[rows, None] + self._apart[None, columns]
        freedom = np.zeros_like(variance)
        for stratum in self._strata:
            own = stratum.variances(rows, columns)
            variance += own
            own *= own
            own /= stratum.documents - 1
            freedom += own
        variance[variance < self._least] = 0
        inverse = np.divide(1, variance, out=np.zeros_like(variance), where=variance > 0)
        return variance, freedom * inverse**2

    def noise(self, replicates: int, seed: int) -> NDArray[np.float32]:
        """Return how far chance moves each model's score: (replicates, models).

        Every document gets a random sign, the same for all models, which keeps them paired. It
        multiplies the centred scores (the multiplier, or wild, bootstrap). The covariance between
        models is the estimated one; what a difference of few documents can do stays bounded, which
        drawing documents with replacement would not: one flipped document, drawn five times, would
        be five standard errors.
        """
        random = np.random.Generator(np.random.PCG64(seed))
        moved = np.zeros((replicates, self.models), np.float32)
        for stratum in self._strata:
            for start in range(0, stratum.documents, _DOCUMENTS):
                scores = stratum.scores[:, start : start + _DOCUMENTS].astype(np.float32)
                moved += _signs(random, replicates, scores.shape[1]) @ scores.T
        if self._apart.any():
            normal = random.standard_normal(moved.shape, np.float32)
            moved += normal * np.sqrt(self._apart).astype(np.float32)
        return moved


def _signs(random: np.random.Generator, rows: int, columns: int) -> NDArray[np.float32]:
    drawn = random.integers(0, 256, (rows, -(-columns // 8)), np.uint8)
    signs = np.unpackbits(drawn, axis=1, count=columns).astype(np.float32)
    signs *= 2
    signs -= 1
    return signs
