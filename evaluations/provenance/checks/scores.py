"""Check 11: the score follows from the benchmarks, they from the tasks, and these from the rows."""

from collections.abc import Callable
from typing import Any

from evaluations.provenance.checks.evidence import Evidence
from evaluations.provenance.checks.outcome import CheckFailedError, CheckSkippedError
from evaluations.provenance.checks.samples import told
from evaluations.provenance.checks.tasks import Recomputed, recompute_tasks
from evaluations.provenance.documents import BenchmarkPlan, Measured, Source
from evaluations.provenance.rescore.aggregation import NO_STDERR
from evaluations.scoring.aggregate import Component, Estimate, benchmark_score, mean_of


def check_scores(evidence: Evidence, second: Callable[[], str] | None = None) -> str:
    """Compute everything again and compare it exactly, from the rows up to the score.

    Args:
        evidence: the bundle's contents.
        second: a second opinion: says what it found, or raises as a check does. It is asked where
            nothing else is wrong, and speaks for what can't be computed here.
    """
    plan, scores = evidence.plan, evidence.scores
    again = recompute_tasks(evidence)
    planned = tuple(benchmark.claim for benchmark in plan.benchmarks)
    if tuple(measured.claim for measured in scores.benchmarks) != planned:
        raise CheckFailedError("results/scores.json has other benchmarks than the planned suite")
    for benchmark, measured in zip(plan.benchmarks, scores.benchmarks, strict=True):
        _check_benchmark(benchmark, measured, evidence.results["results"])
    if plan.aggregation != "mean":
        raise CheckSkippedError(f"this assay does not know the aggregation {plan.aggregation!r}")
    _check_total(evidence)
    lacking = [b.claim.name for b in plan.benchmarks if _keys(b) & again.unverified]
    if lacking and second is None:
        raise CheckSkippedError(
            f"{', '.join(lacking)}: a corpus metric or a bootstrapped error needs lm-eval itself"
        )
    found = told(plan, _summary(evidence, again, alone=second is None))
    return found if second is None else f"{found}; {second()}"


def _check_benchmark(benchmark: BenchmarkPlan, measured: Measured, results: dict[str, Any]) -> None:
    name = benchmark.claim.name
    if not benchmark.sources:
        raise CheckFailedError(f"{name}: the plan makes it of nothing")
    components = [_component(name, source, results) for source in benchmark.sources]
    made = benchmark_score(components, weighted=benchmark.weighted, normalised=benchmark.normalised)
    n = sum({component.task: component.n for component in components}.values())
    if (measured.value, measured.stderr, measured.n) != (made.value, made.stderr, n):
        raise CheckFailedError(f"{name}: results/scores.json does not follow from results.json")


def _component(name: str, source: Source, results: dict[str, Any]) -> Component:
    row = results.get(source.task, {})
    value = row.get(f"{source.metric},{source.filter}")
    error = row.get(f"{source.metric}_stderr,{source.filter}")
    numbers = [one for one in (value, error) if one != NO_STDERR]
    if value == NO_STDERR or not all(_is_number(one) for one in numbers):
        raise CheckFailedError(f"{name}: results.json has no such task, metric or filter")
    size = row.get("sample_len")
    if not isinstance(size, int):
        raise CheckFailedError(f"{name}: results.json does not say how many samples there are")
    stderr = None if error == NO_STDERR else float(error)
    return Component(source.task, Estimate(float(value), stderr), size, source.baseline)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_total(evidence: Evidence) -> None:
    scores = evidence.scores
    if not scores.benchmarks:
        raise CheckFailedError("there is no benchmark, so there is no score")
    total = mean_of([Estimate(row.value, row.stderr) for row in scores.benchmarks])
    if (total.value, total.stderr) != (scores.value, scores.stderr):
        raise CheckFailedError(f"the score is said to be {scores.value}; it is {total.value}")


def _keys(benchmark: BenchmarkPlan) -> set[tuple[str, str]]:
    return {
        (source.task, f"{source.metric}{error},{source.filter}")
        for source in benchmark.sources
        for error in ("", "_stderr")
    }


def _summary(evidence: Evidence, again: Recomputed, *, alone: bool) -> str:
    text = f"{again.values} values and the score {evidence.scores.value:.6g} are exactly recomputed"
    if again.from_responses:
        text += f"; from responses: {', '.join(again.from_responses)}"
    if again.from_metrics:
        text += f"; from per-sample metrics upward only: {', '.join(again.from_metrics)}"
    if again.unverified:
        shown = ", ".join(f"{key} of {task}" for task, key in sorted(again.unverified))
        left = "not recomputed, and not part of the score" if alone else "by lm-eval only"
        text += f"; {left}: {shown}"
    return text
