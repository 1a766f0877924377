"""Check 11, its middle: every number of `results.json` again, task by task and group by group."""

from dataclasses import dataclass, field
from typing import Any

from evaluations.provenance.checks.answers import Answers
from evaluations.provenance.checks.evidence import Evidence
from evaluations.provenance.checks.outcome import CheckFailedError, CheckSkippedError
from evaluations.provenance.rescore.aggregation import (
    SUMS,
    aggregate,
    aggregation_of,
    stderr,
)
from evaluations.provenance.rescore.groups import GroupError, check_group, leaves

_NOT_METRICS = {"name", "alias", "sample_len"}


@dataclass(slots=True)
class Recomputed:
    """What was computed again.

    Attributes:
        values: how many values of `results.json`.
        from_responses: the tasks and metrics that were computed from the model's responses.
        from_metrics: those that were computed from per-sample metrics only, with the reason.
        unverified: (task, key) of the numbers that only lm-eval itself can compute again.
    """

    values: int = 0
    from_responses: list[str] = field(default_factory=list)
    from_metrics: list[str] = field(default_factory=list)
    unverified: set[tuple[str, str]] = field(default_factory=set)


def recompute_tasks(evidence: Evidence) -> Recomputed:
    """Compare every task's and every group's entry in `results.json` with its rows."""
    plan, results = evidence.plan, evidence.results
    groups = results.get("group_subtasks", {})
    odd = set(results["results"]) ^ (set(plan.tasks) | set(groups))
    if odd or set(plan.tasks) & set(groups):
        raise CheckFailedError(f"results.json and the plan differ in {min(odd, default='a group')}")
    again = Recomputed()
    for task in plan.open_tasks:
        _check_task(evidence, task, again)
    for group in groups:
        _check_group(results, group, again)
    return again


def _check_task(evidence: Evidence, task: str, again: Recomputed) -> None:
    reading, results = evidence.reading(task), evidence.results
    config, entry = results["configs"].get(task), results["results"][task]
    if reading.unsafe is not None or reading.malformed is not None:
        raise CheckSkippedError(f"the samples of {task} could not be read (see checks 1 and 9)")
    if reading.answers.fault is not None:
        raise CheckFailedError(f"{task}: {reading.answers.fault}")
    if not isinstance(config, dict) or not isinstance(entry, dict):
        raise CheckFailedError(f"{task}: results.json has no configuration or no values of it")
    if config.get("output_type") != evidence.plan.tasks[task].output_type:
        raise CheckFailedError(f"{task}: its output type is not the planned one")
    _check_entry(task, config, entry, reading.answers, again)
    _check_sizes(task, results, reading.answers)
    _describe(task, reading.answers, again)


def _check_entry(
    task: str, config: dict[str, Any], entry: dict[str, Any], answers: Answers, again: Recomputed
) -> None:
    for (metric, kept), values in answers.values.items():
        name = aggregation_of(config, metric)
        keys = (f"{metric},{kept}", f"{metric}_stderr,{kept}")
        said = tuple(entry.get(key) for key in keys)
        try:
            made = [(aggregate(name, values, add), stderr(name, values, add)) for add in SUMS]
        except (TypeError, ValueError, ArithmeticError) as error:
            raise CheckFailedError(f"{task}: {keys[0]} cannot be computed: {error}") from None
        again.unverified |= {(task, keys[i]) for i in (0, 1) if made[0][i] is None}
        if not any(_agree(said, pair) for pair in made):
            raise CheckFailedError(
                f"{task}: {keys[0]} is said to be {said[0]} ± {said[1]}; its rows give "
                f"{made[0][0]} ± {made[0][1]}"
            )
        again.values += 1
    known = {f"{m}{e},{f}" for m, f in answers.values for e in ("", "_stderr")}
    if extra := set(entry) - known - _NOT_METRICS:
        raise CheckFailedError(f"{task}: no row has {min(extra)} of results.json")


def _agree(said: tuple[Any, ...], made: tuple[Any, ...]) -> bool:
    """Compare exactly; what cannot be computed here only has to be there."""
    if any(one is None or isinstance(one, bool) for one in said):
        return False
    return all(one is None or one == other for one, other in zip(made, said, strict=True))


def _check_sizes(task: str, results: dict[str, Any], answers: Answers) -> None:
    longest = max((len(values) for values in answers.values.values()), default=0)
    counted = results.get("n-samples", {}).get(task, {"effective": longest})
    effective = counted.get("effective") if isinstance(counted, dict) else None
    if (results["results"][task].get("sample_len"), effective) != (longest, longest):
        raise CheckFailedError(f"{task}: results.json counts other samples than there are")


def _describe(task: str, answers: Answers, again: Recomputed) -> None:
    computed = sorted({metric for metric, _ in answers.computed})
    rest = sorted({metric for metric, _ in set(answers.values) - answers.computed})
    if computed:
        again.from_responses.append(f"{task} ({', '.join(computed)})")
    reasons = "; ".join(f"{what}: {why}" for what, why in sorted(answers.gaps.items()))
    if rest:
        again.from_metrics.append(f"{task} ({', '.join(rest)}; {reasons or 'not built in here'})")
    elif reasons:
        again.from_metrics.append(f"{task} (filtered responses taken as they are; {reasons})")


def _check_group(results: dict[str, Any], group: str, again: Recomputed) -> None:
    rows = results["results"]
    try:
        again.values += check_group(group, leaves(group, results["group_subtasks"]), rows)
    except GroupError as error:
        raise CheckFailedError(str(error)) from None
    except (TypeError, AttributeError, ArithmeticError) as error:
        raise CheckFailedError(f"the group {group!r} cannot be computed: {error}") from None
    shown = results.get("groups", {}).get(group, rows[group])
    if shown != rows[group]:
        raise CheckFailedError(f"results.json has two different entries of the group {group!r}")
