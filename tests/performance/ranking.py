"""Rank ranges of large boards: how long they take, and how long a loop over pairs would."""

import resource
import time

import numpy as np

from evaluations.scoring.parts import Floats, Stratum
from evaluations.scoring.ranking import rank
from tests.performance.figures import Budget, Report

_MODELS = 1_000
_DOCUMENTS = 10_000
_REPLICATES = 1_000
#: Of the loop, a round; it would go on for all of `_MODELS`'s.
_PAIRS = 40
_MANY = 3_000


def measure(budget: Budget) -> Report:
    """Rank a board in turns with a few pairs of the loop, and a wider board of eight tasks."""
    report = Report(
        f"ranking: {_MODELS:,} models, {_DOCUMENTS:,} documents, {_REPLICATES:,} replicates"
    )
    board = _board(_MODELS, [_DOCUMENTS])
    many = _board(_MANY, [250] * 8)
    ours, loop, wide = [], [], []
    for _ in budget.rounds(5):
        ours.append(_rank(board))
        loop.append(_naive(board[0].scores.astype(np.float64)) / _PAIRS * 1000)
        wide.append(_rank(many))
    mine = report.add("rank", "s", ours)
    pair = report.add("loop, one pair", "ms", loop)
    report.add(f"rank {_MANY:,} models, 8 tasks of 250 documents", "s", wide)
    report.compare("rank", mine, goal="<= 5", unit="s")
    pairs = _MODELS * (_MODELS - 1) // 2
    report.compare("loop over all pairs, extrapolated", pair * pairs / 1000, unit="s")
    report.compare("loop / rank", pair * pairs / 1000 / mine)
    report.compare("peak memory", _peak(), goal="<= 1000", unit="MB")
    report.notes.append(
        f"The loop draws its {_REPLICATES:,} replicates once and multiplies them with one pair's "
        f"differences at a time. {_PAIRS} pairs a round were measured, of {pairs:,}."
    )
    return report


def _board(models: int, sizes: list[int]) -> list[Stratum]:
    """Return right and wrong answers by ability and difficulty."""
    random = np.random.default_rng(0)
    ability = random.normal(0, 1, (models, 1))
    strata = []
    for size in sizes:
        chance = 1 / (1 + np.exp(random.normal(0, 1, size) - ability))
        strata.append(Stratum(1 / len(sizes), random.random((models, size)) < chance))
    return strata


def _rank(parts: list[Stratum]) -> float:
    scores = np.sum([part.weight * part.scores.mean(axis=1) for part in parts], axis=0)
    began = time.perf_counter()
    rank(scores, parts, seed=0, replicates=_REPLICATES)
    return time.perf_counter() - began


def _naive(scores: Floats) -> float:
    """Return how long the first pairs take; drawing the signs isn't counted."""
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (_REPLICATES, scores.shape[1]))
    maxima = np.zeros(_REPLICATES)
    began = time.perf_counter()
    for other in range(1, _PAIRS + 1):
        difference = scores[0] - scores[other]
        difference -= difference.mean()
        error = np.sqrt(np.sum(difference**2))
        maxima = np.maximum(maxima, np.abs(signs @ difference) / error)
    return time.perf_counter() - began


def _peak() -> float:
    """Return this process's peak memory in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
