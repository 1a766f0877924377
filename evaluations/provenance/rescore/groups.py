"""A group's values from its tasks', as lm_eval/api/group.py, `Group.aggregate`, makes them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from evaluations.provenance.rescore.aggregation import NO_STDERR, SUMS, Sum

_MAX_DEPTH, _MAX_LEAVES = 50, 100_000
_NOT_METRICS = {"name", "alias", "sample_len", "sample_count"}


class GroupError(ValueError):
    """A group's values do not follow from its tasks'; the message says which."""


def leaves(group: str, children: Mapping[str, Any]) -> list[str]:
    """Return the tasks below a group, in lm-eval's order.

    Raises:
        GroupError: if the groups contain each other, or a child is no name.
    """
    found: list[str] = []
    _descend(group, children, (), found)
    return found


def _descend(
    name: str, children: Mapping[str, Any], above: tuple[str, ...], found: list[str]
) -> None:
    if name in above or len(above) > _MAX_DEPTH or len(found) > _MAX_LEAVES:
        raise GroupError(f"the group {name!r} contains itself, or too much")
    if name not in children:
        found.append(name)
        return
    listed = children[name]
    if not isinstance(listed, list) or not all(isinstance(child, str) for child in listed):
        raise GroupError(f"the group {name!r} has no list of tasks")
    for child in listed:
        _descend(child, children, (*above, name), found)


def check_group(name: str, tasks: Sequence[str], results: Mapping[str, Any]) -> int:
    """Compute every value of a group again and return how many there were.

    Whether tasks were weighted by their size is not recorded with the results, so both ways are
    computed; value and standard error must come from the same one.

    Args:
        name: the group.
        tasks: its leaves, whose entries in `results` were checked before.
        results: lm-eval's `results`: name → `{"metric,filter": value, …}`.

    Raises:
        GroupError: if a value differs.
    """
    entry = results[name]
    if unknown := [task for task in tasks if task not in results]:
        raise GroupError(f"the group {name!r} has {unknown[0]!r}, which was not run")
    if not isinstance(entry, dict) or any(isinstance(value, bool) for value in entry.values()):
        raise GroupError(f"the group {name!r} has no entry of numbers")
    values = [key for key in entry if key not in _NOT_METRICS and "_stderr," not in key]
    for key in values:
        metric, _, kept = key.partition(",")
        published = (entry[key], entry.get(f"{metric}_stderr,{kept}"))
        if published not in _candidates(metric, kept, tasks, results):
            raise GroupError(f"{key} of the group {name!r} does not follow from its tasks' values")
    if values and entry.get("sample_len") != sum(results[task]["sample_len"] for task in tasks):
        raise GroupError(f"the group {name!r} has not as many samples as its tasks")
    extra = {key for key in entry if "_stderr," in key} - {_stderr_key(key) for key in values}
    if extra:
        raise GroupError(f"the group {name!r} has standard errors of no value")
    return len(values)


def _stderr_key(key: str) -> str:
    metric, _, kept = key.partition(",")
    return f"{metric}_stderr,{kept}"


def _candidates(
    metric: str, kept: str, tasks: Sequence[str], results: Mapping[str, Any]
) -> list[tuple[float, float | str]]:
    rows = [results[task] for task in tasks if f"{metric},{kept}" in results[task]]
    if not rows:
        return []
    values = [row[f"{metric},{kept}"] for row in rows]
    errors = [row.get(f"{metric}_stderr,{kept}") for row in rows]
    sizes = [row["sample_len"] for row in rows]
    return [
        (_mean(values, weights, add), _error(errors, weights, add, weighted=weighted))
        for weighted, weights in ((True, sizes), (False, [1] * len(sizes)))
        for add in SUMS
    ]


def _mean(values: Sequence[float], sizes: Sequence[int], add: Sum) -> float:
    return add([value * size for value, size in zip(values, sizes, strict=True)]) / sum(sizes)


def _error(errors: Sequence[Any], sizes: Sequence[int], add: Sum, *, weighted: bool) -> float | str:
    if any(error is None or error == NO_STDERR for error in errors):
        return NO_STDERR
    if not weighted:
        return math.sqrt(add([error**2 for error in errors])) / len(errors)
    squares = [(n - 1) * error**2 * n for n, error in zip(sizes, errors, strict=True)]
    pooled = add(squares) / (sum(sizes) - len(sizes))
    return math.sqrt(pooled / sum(sizes))
