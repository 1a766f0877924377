"""The checks 9 and 10 over all tasks, from what their rows showed."""

from evaluations.provenance.checks.evidence import Evidence
from evaluations.provenance.checks.outcome import CheckFailedError, CheckSkippedError
from evaluations.provenance.checks.reading import SAMPLES, SUFFIX, Reading
from evaluations.provenance.documents import Plan


def check_coverage(evidence: Evidence) -> str:
    """Check 9: rows are documents times filters, the exact documents, and the roots of the plan."""
    plan, rows = evidence.plan, 0
    planned = {f"{SAMPLES}{task}{SUFFIX}" for task in plan.open_tasks}
    held = {path for path in evidence.bundle.members if path.startswith(SAMPLES)}
    if not plan.tasks or planned != held:
        odd = min(planned ^ held, default="results/samples/")
        raise CheckFailedError(f"{odd} is not both planned and there")
    for task in plan.open_tasks:
        reading = _readable(evidence, task)
        if (fault := reading.malformed or reading.coverage.fault) is not None:
            raise CheckFailedError(f"{task}: {fault}")
        rows += reading.rows
    counted = {line.task: line.rows for line in evidence.scores.samples}
    if counted != {task: _expected_rows(evidence, task) for task in plan.tasks}:
        raise CheckFailedError("results/scores.json counts other rows than there are")
    documents = sum(asked.documents for asked in plan.open_tasks.values())
    return told(plan, f"{rows} rows: each of {documents} planned documents once under each filter")


def _expected_rows(evidence: Evidence, task: str) -> int:
    asked = evidence.plan.tasks[task]
    if task in evidence.plan.withheld:
        return asked.documents * len(asked.filters)
    return evidence.readings[task].rows


def check_prompts(evidence: Evidence) -> str:
    """Check 10: hashes of documents, prompts, targets and requests, and the rows' roots."""
    plan, requests = evidence.plan, 0
    for task, asked in plan.open_tasks.items():
        reading = _readable(evidence, task)
        if reading.malformed is not None:
            raise CheckSkippedError(f"{task}: the rows are no samples (see check 9)")
        if reading.prompts.fault is not None:
            raise CheckFailedError(f"{task}: {reading.prompts.fault}")
        _check_roots(evidence, task, reading)
        requests += asked.requests
    return told(plan, f"{requests} requests, every continuation included, are the planned ones")


def told(plan: Plan, finding: str) -> str:
    """Return what was found, if that is all there was to look at.

    Raises:
        CheckSkippedError: if a part of the samples is withheld, so that nobody could check it here.
    """
    if plan.withheld:
        names = ", ".join(sorted(plan.withheld))
        raise CheckSkippedError(f"the samples of {names} are withheld; of the others, {finding}")
    return finding


def _check_roots(evidence: Evidence, task: str, reading: Reading) -> None:
    roots = [line.root for line in evidence.scores.samples if line.task == task]
    if roots != [reading.root]:
        raise CheckFailedError(f"{task}: the rows are not those of results/scores.json")
    hashes = evidence.results.get("task_hashes", {})
    if task in hashes and hashes[task] != reading.prompts.task_hash:
        raise CheckFailedError(f"{task}: lm-eval's task hash in results.json is another one")


def _readable(evidence: Evidence, task: str) -> Reading:
    reading = evidence.reading(task)
    if reading.unsafe is not None:
        raise CheckSkippedError(f"the samples of {task} could not be read (see check 1)")
    return reading
