"""Check 7: benchmark and intent were logged before the result, and are what was then run."""

from typing import Any

from evaluations.provenance.canonical import parse_strict
from evaluations.provenance.checks.logged import result_leaf
from evaluations.provenance.checks.outcome import CheckFailedError, settled
from evaluations.provenance.checks.signed import Signed
from evaluations.provenance.records import Record, documents_root, spec_digest


def check_beforehand(signed: Signed) -> str:
    """Compare the three records with the log, with each other, and with what was run."""
    intent, benchmark, suite = (signed.record(name) for name in ("intent", "benchmark", "suite"))
    indices = [
        signed.include(name, signed.read(f"proof/{name}.json")) for name in ("benchmark", "intent")
    ]
    _check_order(signed, indices)
    _check_refs(intent, benchmark, suite)
    _check_times(signed, suite, benchmark, intent)
    _check_benchmark(signed, suite, benchmark)
    _check_intent(signed, intent)
    return (
        f"the benchmark was logged as entry {indices[0]} ({benchmark.at}), the intent as entry "
        f"{indices[1]} ({intent.at}), and the run is the one that was announced"
    )


def _check_order(signed: Signed, indices: list[int]) -> None:
    claims = settled(lambda: signed.claims, 4)
    result = settled(lambda: signed.include("result", result_leaf(signed)), 5)
    if indices != [claims.logged.benchmark, claims.logged.intent]:
        raise CheckFailedError("the statement names other entries of benchmark and intent")
    if not indices[0] < indices[1] < result:
        raise CheckFailedError("benchmark, intent and result are not logged in this order")


def _check_refs(intent: Record, benchmark: Record, suite: Record) -> None:
    if list(benchmark.refs) != [suite.leaf]:
        raise CheckFailedError("the benchmark's record does not refer to the suite's")
    again = intent.about.get("rescores") is not None
    if list(intent.refs[:1]) != [benchmark.leaf] or len(intent.refs) != 1 + again:
        raise CheckFailedError("the intent's record does not refer to the benchmark's")


def _check_times(signed: Signed, *records: Record) -> None:
    times = [*(record.at for record in records), signed.claims.evaluated_at]
    if times != sorted(times):
        raise CheckFailedError(
            "suite, benchmark, intent and evaluation are not dated in this order: "
            + ", ".join(times)
        )


def _check_benchmark(signed: Signed, suite: Record, benchmark: Record) -> None:
    plan = _plan(signed)
    named, tasks = plan["suite"], plan["tasks"]
    name = f"{named['name']} v{named['version']}"
    _same("suite", suite.about, {"suite": name, "sha256": named["sha256"]})
    expected = {
        "suite": name,
        "specSha256": spec_digest(plan),
        "docsRoot": documents_root(tasks),
        "documents": sum(task["documents"] for task in tasks.values()),
    }
    _same("benchmark", benchmark.about, expected)


def _check_intent(signed: Signed, intent: Record) -> None:
    plan, claims = _plan(signed), signed.claims
    expected = {
        "submission": claims.submission,
        "model": plan["model"]["name"],
        "revision": plan["model"]["revision"],
        "suite": claims.suite,
        "dtype": plan["engine"]["dtype"],
        "chatTemplate": plan["chat_template"]["applied"],
        "board": intent.about.get("board"),
        "rescores": intent.about.get("rescores"),
    }
    _same("intent", intent.about, expected)
    if (claims.model, claims.revision) != (expected["model"], expected["revision"]):
        raise CheckFailedError("the statement names another model than the plan")


def _same(what: str, said: Any, expected: dict[str, Any]) -> None:
    for key in sorted(set(said) | set(expected)):
        one, other = said.get(key), expected.get(key)
        if key not in said or key not in expected or one != other or type(one) is not type(other):
            raise CheckFailedError(
                f"the {what}'s record has {str(one)[:80]!r} as {key!r}; the run has "
                f"{str(other)[:80]!r}"
            )


def _plan(signed: Signed) -> dict[str, Any]:
    """Return the plan with all its fields, once it was seen to have those that are needed."""
    _ = signed.evidence.plan
    plan: dict[str, Any] = parse_strict(signed.evidence.bundle.read("run/plan.json"))
    try:
        _ = plan["engine"]["dtype"], plan["suite"]["name"], plan["suite"]["version"]
        _ = plan["suite"]["sha256"]
        spec_digest(plan)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckFailedError(f"run/plan.json lacks what an intent must say: {error}") from None
    return plan
