"""Check 11: the score follows from the benchmarks, they from the tasks, and these from the rows."""

from typing import Any

from evaluations.provenance.checks.evidence import Evidence
from evaluations.provenance.checks.outcome import CheckFailedError, CheckSkippedError
from evaluations.provenance.checks.tasks import Recomputed, recompute_tasks
from evaluations.provenance.documents import Measured
from evaluations.provenance.rescore.aggregation import NO_STDERR
from evaluations.scoring.aggregate import Estimate, mean_of


def check_scores(evidence: Evidence) -> str:
    """Compute everything again and compare it exactly, from the rows up to the score."""
    plan, scores = evidence.plan, evidence.scores
    again = recompute_tasks(evidence)
    if tuple(measured.claim for measured in scores.benchmarks) != plan.benchmarks:
        raise CheckFailedError("results/scores.json has other benchmarks than the planned suite")
    for measured in scores.benchmarks:
        _check_benchmark(measured, evidence.results["results"])
    if plan.aggregation != "mean":
        raise CheckSkippedError(f"this assay does not know the aggregation {plan.aggregation!r}")
    _check_total(evidence)
    lacking = [m.claim.name for m in scores.benchmarks if _keys(m) & again.unverified]
    if lacking:
        raise CheckSkippedError(
            f"{', '.join(lacking)}: a corpus metric or a bootstrapped error needs lm-eval itself"
        )
    return _summary(evidence, again)


def _check_benchmark(measured: Measured, results: dict[str, Any]) -> None:
    claim = measured.claim
    row = results.get(claim.task, {})
    value = row.get(f"{claim.metric},{claim.filter}")
    error = row.get(f"{claim.metric}_stderr,{claim.filter}")
    if value is None or error is None:
        raise CheckFailedError(f"{claim.name}: results.json has no such task, metric or filter")
    said = NO_STDERR if measured.stderr is None else measured.stderr
    if (measured.value, said, measured.n) != (value, error, row.get("sample_len")):
        raise CheckFailedError(f"{claim.name}: results/scores.json differs from results.json")


def _check_total(evidence: Evidence) -> None:
    scores = evidence.scores
    if not scores.benchmarks:
        raise CheckFailedError("there is no benchmark, so there is no score")
    total = mean_of([Estimate(row.value, row.stderr) for row in scores.benchmarks])
    if (total.value, total.stderr) != (scores.value, scores.stderr):
        raise CheckFailedError(f"the score is said to be {scores.value}; it is {total.value}")


def _keys(measured: Measured) -> set[tuple[str, str]]:
    claim = measured.claim
    return {
        (claim.task, f"{claim.metric},{claim.filter}"),
        (claim.task, f"{claim.metric}_stderr,{claim.filter}"),
    }


def _summary(evidence: Evidence, again: Recomputed) -> str:
    text = f"{again.values} values and the score {evidence.scores.value:.6g} are exactly recomputed"
    if again.from_responses:
        text += f"; from responses: {', '.join(again.from_responses)}"
    if again.from_metrics:
        text += f"; from per-sample metrics upward only: {', '.join(again.from_metrics)}"
    if again.unverified:
        shown = ", ".join(f"{key} of {task}" for task, key in sorted(again.unverified))
        text += f"; not recomputed, and not part of the score: {shown}"
    return text
