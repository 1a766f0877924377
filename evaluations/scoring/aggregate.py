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
