"""From per-sample metrics to a task's value and standard error, in lm-eval's order of operations.

Source: lm_eval/api/metrics.py (`mean`, `sample_stddev`, `mean_stderr` and the registered
aggregations) and lm_eval/evaluator_utils.py, `_compute_task_aggregations`.

lm-eval adds with Python's own `sum`, which is not the same everywhere: since Python 3.12 it
compensates rounding errors of floats, but not of numpy's, which `exact_match` gives. So a number is
computed in both ways, each bit for bit, and one of the two must equal what was published. This
holds whichever Python made the results and whichever one checks them.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Sum = Callable[[Sequence[Any]], float]
#: What lm-eval writes where there is no standard error.
NO_STDERR = "N/A"
#: lm_eval/api/metrics.py: the aggregation that a registered metric has by default.
_DEFAULT_AGGREGATION = {
    "acc": "mean",
    "acc_norm": "mean",
    "acc_bytes": "mean",
    "acc_mutual_info": "mean",
    "exact_match": "mean",
    "likelihood": "mean",
    "perplexity": "perplexity",
    "word_perplexity": "weighted_perplexity",
    "byte_perplexity": "weighted_perplexity",
    "bits_per_byte": "bits_per_byte",
}


def plain_sum(values: Sequence[Any]) -> float:
    """Add from left to right, as Python's `sum` did before 3.12 and does for numpy's numbers."""
    total: Any = 0
    for value in values:
        total += value
    return total  # type: ignore[no-any-return]


def compensated_sum(values: Sequence[Any]) -> float:
    """Add as Python's `sum` does since 3.12: Neumaier's algorithm (Python/bltinmodule.c)."""
    total: Any = 0
    lost = 0.0
    for value in values:
        after = total + value
        if isinstance(value, float) and isinstance(total, float):
            larger, smaller = (total, value) if abs(total) >= abs(value) else (value, total)
            lost += (larger - after) + smaller
        total = after
    if lost and math.isfinite(lost):
        total += lost
    return total  # type: ignore[no-any-return]


SUMS: tuple[Sum, ...] = (plain_sum, compensated_sum)


def aggregation_of(config: Mapping[str, Any], metric: str) -> str | None:
    """Return the name of a metric's aggregation, or None if it is not one of lm-eval's names."""
    listed = config.get("metric_list")
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, dict) and entry.get("metric") == metric:
            name = entry.get("aggregation", _DEFAULT_AGGREGATION.get(metric))
            return name if isinstance(name, str) else None
    # A metric that the task did not list: lm-eval falls back to the mean, whatever it is.
    return "mean" if isinstance(listed, list) else _DEFAULT_AGGREGATION.get(metric, "mean")


def aggregate(name: str | None, values: Sequence[Any], add: Sum) -> float | None:
    """Return a task's value, or None if the aggregation is not recomputed here.

    Raises:
        TypeError, ValueError, ArithmeticError: if the values are not what it needs.
    """
    compute = _AGGREGATIONS.get(name or "")
    return None if compute is None else compute(values, add)


def stderr(name: str | None, values: Sequence[Any], add: Sum) -> float | str | None:
    """Return a task's standard error, `"N/A"` where lm-eval has none, None if not recomputed here.

    Only the mean has a formula; the others have none or are bootstrapped with 100,000 draws.
    """
    if len(values) <= 1 or name in {"weighted_perplexity", "bits_per_byte"}:
        return NO_STDERR
    if name != "mean":
        return None
    mu = _mean(values, add)
    variance = add([(value - mu) ** 2 for value in values]) / (len(values) - 1)
    return math.sqrt(variance) / math.sqrt(len(values))


def _mean(values: Sequence[Any], add: Sum) -> float:
    return add(values) / len(values)


def _median(values: Sequence[Any], add: Sum) -> float:
    return float(sorted(values)[len(values) // 2])


def _perplexity(values: Sequence[Any], add: Sum) -> float:
    return math.exp(-_mean(values, add))


def _weighted_mean(pairs: Sequence[Any], add: Sum) -> float:
    tops, bottoms = zip(*pairs, strict=True)
    return add(tops) / add(bottoms)


def _weighted_perplexity(pairs: Sequence[Any], add: Sum) -> float:
    return math.exp(-_weighted_mean(pairs, add))


def _bits_per_byte(pairs: Sequence[Any], add: Sum) -> float:
    return -_weighted_mean(pairs, add) / math.log(2)


_AGGREGATIONS: dict[str, Callable[[Sequence[Any], Sum], float]] = {
    "mean": _mean,
    "median": _median,
    "perplexity": _perplexity,
    "weighted_perplexity": _weighted_perplexity,
    "bits_per_byte": _bits_per_byte,
}
