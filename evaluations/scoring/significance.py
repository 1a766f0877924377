"""Statistics of two series of scores over the same documents.

Pure Python, without numpy, so that whoever checks a replication comes to the same numbers.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist


def mcnemar(lost: int, gained: int) -> float:
    """Return the two-sided p of the exact McNemar test that both changes are as likely.

    The documents that changed are tosses of a fair coin: twice the smaller tail of a binomial with
    probability 1/2, at most 1. Computed in whole numbers, so it is exact up to the last division.

    Source: McNemar 1947, Psychometrika 12, p. 153-157; the exact form is Fagerland, Lydersen and
    Laake 2013, BMC Medical Research Methodology 13:91, eq. 2.
    """
    n, term, tail = lost + gained, 1, 0
    for k in range(min(lost, gained) + 1):
        tail += term
        term = term * (n - k) // (k + 1)
    return min(1.0, 2 * tail / (1 << n)) if n else 1.0


def tost(changes: Sequence[float], *, margin: float) -> float | None:
    """Return the p of two one-sided paired t tests that the mean change lies within ± margin.

    The larger of the two p is that of the whole: below 0.05, the mean's interval of 90 % lies
    within the margin. Documents without any change count as much as the others.

    Args:
        changes: of each document, the second value less the first.
        margin: greater than 0, in the same unit.

    Returns:
        p; None for fewer than two documents. Where all changes are equal there is no spread to
        judge by: then it is 0 if their value lies within the margin, else 1.

    Source: Schuirmann 1987, Journal of Pharmacokinetics and Biopharmaceutics 15, p. 657-680; as a
    paired test, Lakens 2017, Social Psychological and Personality Science 8, p. 355-362.
    """
    n = len(changes)
    if n < 2:  # noqa: PLR2004
        return None
    mean = math.fsum(changes) / n
    spread = math.sqrt(math.fsum((change - mean) ** 2 for change in changes) / (n - 1))
    error = spread / math.sqrt(n)
    if min(changes) == max(changes) or error == 0:
        return 0.0 if abs(mean) < margin else 1.0
    return student_tail((margin - abs(mean)) / error, n - 1)


def student_tail(t: float, freedom: float) -> float:
    """Return the probability that Student's t with so many degrees of freedom exceeds `t`.

    Source: Abramowitz and Stegun 1964, eq. 26.7.1: half the regularised incomplete beta function at
    n / (n + t²) with parameters n/2 and 1/2, for n degrees of freedom.
    """
    half = 0.5 * _incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5)
    return half if t >= 0 else 1 - half


@lru_cache(maxsize=1024)
def student_point(confidence: float, freedom: float) -> float:
    """Return how many standard errors an interval reaches to each side under Student's t.

    Args:
        confidence: of the interval, between 0 and 1.
        freedom: degrees of freedom, above 0; of a million and more, `inf` too, the normal
            distribution's point is given, which is then the same to five digits.
    """
    if freedom >= 1e6:  # noqa: PLR2004
        return NormalDist().inv_cdf((1 + confidence) / 2)
    low, high = 0.0, 1.0
    outside = (1 - confidence) / 2
    while student_tail(high, freedom) > outside:
        low, high = high, high * 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if student_tail(middle, freedom) > outside else (low, middle)
    return high


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b), for 0 ≤ x ≤ 1.

    Source: the continued fraction of DLMF 8.17.22, used where it converges fast (8.17.4 turns the
    rest over), evaluated by the method of Lentz.
    """
    if x in {0.0, 1.0}:
        return x
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(1 - x, b, a)
    log_front = (
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
        + a * math.log(x) + b * math.log1p(-x)
    )  # fmt: skip
    return math.exp(log_front) / a * _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    tiny, above = 1e-300, 1.0
    below = 1 - (a + b) * x / (a + 1)
    below = 1 / (below or tiny)
    value = below
    for m in range(1, 10_000):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            below = 1 / ((1 + term * below) or tiny)
            above = (1 + term / above) or tiny
            value *= above * below
        if abs(above * below - 1) < 1e-15:  # noqa: PLR2004
            break
    return value
