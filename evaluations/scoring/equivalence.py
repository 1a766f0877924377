"""How closely a second run agrees with the first: R0, R1, R2, or diverged.

A verdict is never "no significant difference": that is what a small sample always says. It is
either shown that two runs agree, in one of three ways, or they diverged. `docs/reproduce.md` says
what each verdict means to a reader.

Pure Python, so that whoever has the two runs' samples comes to the same verdict.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from evaluations.scoring.significance import mcnemar, tost

#: τ, in nats, by precision: a decision may turn where the two best choices are closer than this.
#: float32 sums over a few hundred tokens differ by about 1e-5 between kernels, so this is a hundred
#: times as much; the two short formats have 2**13 and 2**16 times coarser steps, of which most
#: cancels out.
TIE_NATS: Mapping[str, float] = {"float32": 1e-3, "float16": 2e-2, "bfloat16": 1e-1}
#: R1: how far a benchmark's value may move, on its metric's scale; one document always may.
SCORE_TOLERANCE = 0.005
#: δ: R2 is shown for differences within ± this, on the metric's scale.
EQUIVALENCE_MARGIN = 0.01
#: R2: the level of each of the two one-sided tests.
ALPHA = 0.05


class Verdict(StrEnum):
    """How closely two runs agree, the closest first."""

    R0 = "R0"
    R1 = "R1"
    R2 = "R2"
    DIVERGED = "diverged"


_ORDER = list(Verdict)


@dataclass(frozen=True, slots=True)
class Pair:
    """One document of a benchmark, answered in two runs.

    Attributes:
        task: lm-eval's name.
        doc_id: of the document in its task.
        exact: whether answers and metrics are equal to the last digit.
        before: the document's value in the first run, the mean of the benchmark's metrics; None
            where a metric has no number for each document.
        after: the same of the second run.
        flipped: whether any of the metrics differs.
        gap: of a flipped one, how many nats apart the two best choices are, in the run where they
            are further apart; None where nothing recorded tells.
    """

    task: str
    doc_id: int
    exact: bool
    before: float | None
    after: float | None
    flipped: bool
    gap: float | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What two runs of one benchmark show; see `significance` for the statistics.

    Attributes:
        n: documents that were compared.
        exact: of them, those whose answers are equal to the last digit.
        flipped: those with another metric.
        explained: of the flipped, those whose two best choices are closer than τ in both runs.
        agreement: the share of documents that are not flipped.
        difference: the second run's value less the first's, on the metrics' scale before any
            rescaling; None where documents have no numbers.
        lost: documents that were right (1) and are wrong (0); None unless all are right or wrong.
        gained: the other way round.
        mcnemar_p: `mcnemar` of these two; None likewise.
        tost_p: `tost`; None where it can't be computed.
    """

    verdict: Verdict
    n: int
    exact: int
    flipped: int
    explained: int
    agreement: float
    difference: float | None
    lost: int | None
    gained: int | None
    mcnemar_p: float | None
    tost_p: float | None


def judge(pairs: Sequence[Pair], *, precision: str, weighted: bool) -> Judgement:
    """Judge one benchmark.

    Args:
        pairs: every document that was answered twice, of all the benchmark's tasks.
        precision: a key of `TIE_NATS`; for any other one nothing explains a flip.
        weighted: whether the benchmark's value weighs its tasks by their documents.

    Raises:
        ValueError: if there is no document.
    """
    if not pairs:
        raise ValueError("no document was answered twice")
    tie = TIE_NATS.get(precision, 0.0)
    flipped = [pair for pair in pairs if pair.flipped]
    explained = sum(pair.gap is not None and pair.gap < tie for pair in flipped)
    numbers = [(p.before, p.after) for p in pairs if p.before is not None and p.after is not None]
    whole = len(numbers) == len(pairs)
    changes = [after - before for before, after in numbers] if whole else None
    difference = _difference(pairs, weighted=weighted) if whole else None
    lost = gained = None
    if whole and all(value in {0.0, 1.0} for both in numbers for value in both):
        lost, gained = numbers.count((1.0, 0.0)), numbers.count((0.0, 1.0))
    tost_p = tost(changes, margin=EQUIVALENCE_MARGIN) if changes is not None else None
    exact = sum(pair.exact for pair in pairs)
    return Judgement(
        verdict=_verdict(len(pairs), exact, len(flipped) - explained, difference, tost_p),
        n=len(pairs),
        exact=exact,
        flipped=len(flipped),
        explained=explained,
        agreement=(len(pairs) - len(flipped)) / len(pairs),
        difference=difference,
        lost=lost,
        gained=gained,
        mcnemar_p=None if lost is None or gained is None else mcnemar(lost, gained),
        tost_p=tost_p,
    )


def weakest(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the verdict over several benchmarks, which is the weakest of them.

    Raises:
        ValueError: if there is none.
    """
    return max(verdicts, key=_ORDER.index)


def tolerance(n: int) -> float:
    """Return how far a value over n documents may move under R1: one document always may."""
    return max(SCORE_TOLERANCE, 1 / n)


def _verdict(
    n: int, exact: int, unexplained: int, difference: float | None, tost_p: float | None
) -> Verdict:
    if exact == n:
        return Verdict.R0
    # Where documents have no number, a value can't have moved unless a metric did.
    moved = abs(difference) if difference is not None else 0.0
    # A sum of shares may miss the tolerance of exactly one document by a last digit.
    if not unexplained and moved <= tolerance(n) * (1 + 1e-12):
        return Verdict.R1
    if tost_p is not None and tost_p < ALPHA and moved <= EQUIVALENCE_MARGIN:
        return Verdict.R2
    return Verdict.DIVERGED


def _difference(pairs: Sequence[Pair], *, weighted: bool) -> float:
    """Return how far the benchmark's value moved, its tasks weighed as the benchmark does."""
    tasks: dict[str, list[float]] = {}
    for pair in pairs:
        change = (pair.after or 0.0) - (pair.before or 0.0)
        tasks.setdefault(pair.task, []).append(change)
    if weighted:
        return math.fsum(c for changes in tasks.values() for c in changes) / len(pairs)
    means = [math.fsum(changes) / len(changes) for changes in tasks.values()]
    return math.fsum(means) / len(means)
