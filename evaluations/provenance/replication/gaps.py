"""How close a decision was: the log-likelihoods of the two best choices, in nats."""

import math
from collections.abc import Callable, Mapping

from evaluations.provenance.rescore.filters import UnreadableError
from evaluations.provenance.rescore.likelihoods import answer_of
from evaluations.provenance.rows import Row

#: Metrics that are decided by the best choice, with what a choice's log-likelihood is divided by.
_SCALES: Mapping[str, Callable[[str], int]] = {
    "acc": lambda _: 1,
    "acc_norm": len,
    "acc_bytes": lambda text: len(text.encode()),
}


def gap(row: Row, metric: str) -> float | None:
    """Return how many nats the two best choices are apart in one run; None if nothing tells.

    Where a metric divides by a choice's length, it is the change of both log-likelihoods together
    that would make the two equal: `(a/m - b/n) / ((1/m + 1/n) / 2)` for log-likelihoods a and b of
    choices of length m and n. A space before a choice is no part of it.
    """
    scale = _SCALES.get(metric)
    if scale is None or len(row.filtered) != len(row.arguments) or "acc_mutual_info" in row.metrics:
        return None
    try:
        likelihoods = [answer_of(answer)[0] for answer in row.filtered]
    except UnreadableError:
        return None
    sizes = [scale(str(arguments[-1]).removeprefix(" ")) for arguments in row.arguments]
    if len(likelihoods) < 2 or not all(sizes) or not all(map(math.isfinite, likelihoods)):  # noqa: PLR2004
        return None
    scaled = sorted(
        ((value / size, 1 / size) for value, size in zip(likelihoods, sizes, strict=True)),
        reverse=True,
    )
    (best, one), (second, other) = scaled[:2]
    return (best - second) / ((one + other) / 2)


def wider(before: float | None, after: float | None) -> float | None:
    """Return the larger of two runs' gaps; None if one of them is unknown."""
    return None if before is None or after is None else max(before, after)
