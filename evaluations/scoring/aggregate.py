"""A board's score from its benchmarks' values."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

#: Two-sided 95 % point of the standard normal distribution.
Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its standard error, both on the metric's own scale (0 to 1 for accuracies).

    `stderr` is None where the metric has none; nothing may then be said about differences.
    """

    value: float
    stderr: float | None

    @property
    def half_width(self) -> float | None:
        """Half of the 95 % interval under the normal approximation, or None."""
        return None if self.stderr is None else Z95 * self.stderr


def mean_of(estimates: Sequence[Estimate]) -> Estimate:
    """Return the unweighted mean of independent estimates.

    Its variance is the sum of the variances over k squared: the benchmarks' documents are
    different ones, so their sampling errors are independent.

    Raises:
        ValueError: if there is nothing to average.
    """
    if not estimates:
        raise ValueError("the mean of no benchmarks is not a score")
    count = len(estimates)
    value = math.fsum(estimate.value for estimate in estimates) / count
    errors = [estimate.stderr for estimate in estimates]
    if any(error is None for error in errors):
        return Estimate(value, None)
    variance = math.fsum(error * error for error in errors if error is not None)
    return Estimate(value, math.sqrt(variance) / count)


@dataclass(frozen=True, slots=True)
class Component:
    """One number of lm-eval's that a benchmark is made of.

    Attributes:
        task: a single task; a benchmark may stand for many.
        estimate: the metric's value on its own scale.
        n: the task's documents.
        baseline: the score of guessing in this task, from 0 to below 1.
    """

    task: str
    estimate: Estimate
    n: int
    baseline: float


def benchmark_score(
    components: Sequence[Component], *, weighted: bool, normalised: bool
) -> Estimate:
    """Return a benchmark's value from its tasks' numbers.

    Several metrics of one task are averaged first: they judge the same documents, so their errors
    are not independent, and the mean of the standard errors bounds that of the mean whatever their
    correlation is. Each task's value is then rescaled, if asked for, and the tasks are averaged;
    their documents are different ones, so their errors are independent.

    Args:
        components: at least one; those of one task stand together or apart.
        weighted: by the tasks' documents; otherwise every task counts the same.
        normalised: rescale to `max(0, (x - b) / (1 - b))`, so that guessing is 0 and perfect is 1
            (the archived Open LLM Leaderboard's own rule). The standard error is scaled alike.

    Raises:
        ValueError: if there is no component.
    """
    tasks: dict[str, list[Component]] = {}
    for component in components:
        tasks.setdefault(component.task, []).append(component)
    estimates = [_task_score(found, normalised=normalised) for found in tasks.values()]
    weights = [found[0].n if weighted else 1 for found in tasks.values()]
    return _weighted_mean(estimates, weights)


def _task_score(components: Sequence[Component], *, normalised: bool) -> Estimate:
    estimates = [
        _above_guessing(c.estimate, c.baseline) if normalised else c.estimate for c in components
    ]
    if len(estimates) == 1:
        return estimates[0]
    errors = [estimate.stderr for estimate in estimates if estimate.stderr is not None]
    whole = len(errors) == len(estimates)
    return Estimate(
        math.fsum(estimate.value for estimate in estimates) / len(estimates),
        math.fsum(errors) / len(errors) if whole else None,
    )


def _above_guessing(estimate: Estimate, baseline: float) -> Estimate:
    room = 1 - baseline
    error = None if estimate.stderr is None else estimate.stderr / room
    return Estimate(max(0.0, (estimate.value - baseline) / room), error)


def _weighted_mean(estimates: Sequence[Estimate], weights: Sequence[int]) -> Estimate:
    if len(estimates) == 1:
        return estimates[0]  # not multiplied and divided again, which could change its last digit
    total = sum(weights)
    if not total:
        raise ValueError("the mean of nothing is not a score")
    pairs = list(zip(estimates, weights, strict=True))
    value = math.fsum(estimate.value * weight for estimate, weight in pairs) / total
    if any(estimate.stderr is None for estimate in estimates):
        return Estimate(value, None)
    squares = [(e.stderr * weight) ** 2 for e, weight in pairs if e.stderr is not None]
    return Estimate(value, math.sqrt(math.fsum(squares)) / total)
