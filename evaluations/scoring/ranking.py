"""Which ranks of a board are certain: rank ranges, and rows that can't be told apart.

The statement "this model's rank is 1 to 4" holds for all models of a board at once with 95 %
confidence. `docs/ranking.md` says what that means to a reader.

Source: Mogstad, Romano, Shaikh and Wilhelm 2024, "Inference for Ranks with Applications to Mobility
across Neighbourhoods and Academic Achievement across Countries", Review of Economic Studies 91(1),
p. 476-518: simultaneous confidence sets for all ranks, from simultaneous ones for all pairwise
differences. The bootstrap of the largest studentised difference with multipliers, which allows more
pairs than documents: Chernozhukov, Chetverikov and Kato 2013, Annals of Statistics 41(6),
p. 2786-2819.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from evaluations.scoring.contrasts import Contrasts
from evaluations.scoring.maxima import Maxima
from evaluations.scoring.parts import Floats, Part, known, sort_key


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """What may be said about the ranks of a board's models; arrays are in the models' order.

    Attributes:
        order: the models, best first; among equal scores by what they answered, so that the order
            in which models are given changes nothing. Equal answers stay in the given order.
        place: 1 + the number of models with a higher score; equal scores share a place.
        first: the best rank that is compatible with the evidence, from 1.
        last: the worst one.
        bracket: 1, 2 …: going down from the best, a bracket begins with one row and takes the
            rows after it that can't be told apart from it. Two rows of one bracket may well be told
            apart from each other, and two neighbours on either side of a border may not.
        critical: how many standard errors a difference must exceed; None if no two models could be
            compared.
    """

    order: NDArray[np.intp]
    place: NDArray[np.intp]
    first: NDArray[np.intp]
    last: NDArray[np.intp]
    bracket: NDArray[np.intp]
    critical: float | None
    _separated: "_Separated"

    def separable(self, one: int, other: int) -> bool:
        """Return whether the scores of two models differ by more than chance explains."""
        return self._separated(one, other)


class _Separated:
    """Which pairs are told apart: a bit for each pair of compared models, best first.

    Args:
        row: (all models,), where a model stands among those that were compared; -1 if it wasn't.
        compared: how many were.
    """

    def __init__(self, row: NDArray[np.intp], compared: int) -> None:
        self._row = row
        self._bits = np.zeros((compared, -(-compared // 8)), np.uint8)

    def __call__(self, one: int, other: int) -> bool:
        low, high = sorted((int(self._row[one]), int(self._row[other])))
        return low >= 0 and bool(self._bits[low, high // 8] >> (7 - high % 8) & 1)

    def add(self, rows: slice, columns: slice, found: NDArray[np.bool]) -> None:
        packed = np.packbits(found, axis=1)
        start = columns.start // 8
        self._bits[rows, start : start + packed.shape[1]] = packed


def rank(
    scores: Floats,
    parts: Sequence[Part],
    *,
    seed: int,
    replicates: int = 1000,
    confidence: float = 0.95,
) -> Ranking:
    """Return the ranks that the evidence allows for each model of a board.

    Two models are told apart where their published scores and the weighted sum of their parts both
    differ, in one direction, by more than `critical` standard errors of the paired difference. The
    two are the same unless a published score was cut off, as one below guessing is at 0.

    Args:
        scores: (models,), the published scores, higher is better, in the unit of the parts.
        parts: what they are made of. If it is not known how uncertain a model's score is
            (`parts.known`), its rank may be any.
        seed: of the bootstrap; the same seed gives the same result.
        replicates: of the bootstrap, at least 100; 1,000 are meant to be published.
        confidence: of all statements together, between 0 and 1.

    Raises:
        ValueError: if an argument is not as described, or a part is about another number of models.
    """
    scores = np.asarray(scores, np.float64)
    _check(scores, replicates, confidence)
    count = len(scores)
    order = _best_first(scores, parts)
    compared = order[known(parts, count)[order]]
    row = np.full(count, -1)
    row[compared] = np.arange(len(compared))
    separated = _Separated(row, len(compared))
    first, last = np.ones(count, np.intp), np.full(count, count)
    critical = None
    if len(compared) > 1:
        contrasts = Contrasts(parts, compared)
        published = scores[compared]
        statistics, maxima = _compare(contrasts, published, contrasts.noise(replicates, seed))
        critical = _critical(maxima, confidence)
        for (rows, columns), found in zip(contrasts.tiles(), statistics, strict=True):
            above = found > critical
            separated.add(rows, columns, above)
            first[compared[columns]] += above.sum(axis=0)
            last[compared[rows]] -= above.sum(axis=1)
    place = 1 + (count - np.searchsorted(np.sort(scores), scores, side="right"))
    bracket = _brackets(order, separated)
    return Ranking(order, place, first, last, bracket, critical, separated)


def _check(scores: Floats, replicates: int, confidence: float) -> None:
    if scores.ndim != 1 or not np.isfinite(scores).all():
        raise ValueError("scores must be one finite number for each model")
    if replicates < 100:  # noqa: PLR2004
        raise ValueError(f"{replicates} replicates can't tell 95 % from 99 %; take at least 100")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not be {confidence}")


def _best_first(scores: Floats, parts: Sequence[Part]) -> NDArray[np.intp]:
    order = np.argsort(-scores, kind="stable")
    borders = np.flatnonzero(np.diff(scores[order], prepend=np.inf, append=-np.inf))
    for start, end in pairwise(borders):
        if end - start > 1:
            tied = order[start:end].tolist()
            order[start:end] = sorted(tied, key=lambda model: sort_key(parts, model))
    return order


def _compare(
    contrasts: Contrasts, published: Floats, noise: NDArray[np.float32]
) -> tuple[list[NDArray[np.float32]], NDArray[np.float32]]:
    """Return each tile's statistics, for pairs whose row is the better one, and the maxima.

    The statistics are on the scale of the replicates, which divide by one standard error that is
    estimated once: t becomes t √((v + 1) / (v + t²)) for v degrees of freedom. With one stratum
    this is what t would be had the replicates been studentised anew: flipping signs keeps the sum
    of squares. So v + 1 documents never give more than √(v + 1).
    """
    statistics = []
    maxima = Maxima(noise)
    for rows, columns in contrasts.tiles():
        variance, freedom = contrasts.variances(rows, columns)
        inverse = np.zeros_like(variance)
        np.divide(1, np.sqrt(variance), out=inverse, where=variance > 0)
        maxima.include(rows, columns, inverse.astype(np.float32))
        gap = published[rows, None] - published[None, columns]
        gap = np.minimum(gap, contrasts.totals[rows, None] - contrasts.totals[None, columns])
        t = np.maximum(gap, 0) * inverse
        statistics.append((t * np.sqrt((1 + freedom) / (1 + freedom * t**2))).astype(np.float32))
    return statistics, maxima.values


def _critical(maxima: NDArray[np.float32], confidence: float) -> float:
    """Return the quantile, rounded up so that a processor's last digits change nothing."""
    place = min(len(maxima), math.ceil((len(maxima) + 1) * confidence))
    return math.ceil(float(np.sort(maxima)[place - 1]) * 1000) / 1000


def _brackets(order: NDArray[np.intp], separated: _Separated) -> NDArray[np.intp]:
    bracket = np.zeros(len(order), np.intp)
    number, leader = 0, -1
    for model in order:
        if leader < 0 or separated(leader, model):
            number, leader = number + 1, model
        bracket[model] = number
    return bracket
