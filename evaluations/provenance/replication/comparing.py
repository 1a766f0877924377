"""Holding a second run's samples against the first's: from two bundles to `comparison.json`.

The site makes the same comparison from the same two bundles, and believes its own.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from evaluations.provenance.canonical import parse_strict, sha256_hex
from evaluations.provenance.checks.reading import SAMPLES, SUFFIX
from evaluations.provenance.documents import BenchmarkPlan, FormError, Plan, plan_from
from evaluations.provenance.replication.audit import Audit
from evaluations.provenance.replication.errors import ReplicationError
from evaluations.provenance.replication.gaps import gap, wider
from evaluations.provenance.rows import Row, RowSyntaxError, parse_row
from evaluations.provenance.unpack import Bundle
from evaluations.scoring.equivalence import (
    ALPHA,
    EQUIVALENCE_MARGIN,
    SCORE_TOLERANCE,
    TIE_NATS,
    Judgement,
    Pair,
    judge,
    weakest,
)

#: Flips that are listed; the counts say how many there are.
MOST_FLIPS = 1000
#: Beyond it a value's square is no number any more.
_LARGEST = 1e100
_PLAN, _MANIFEST = "run/plan.json", "manifest.json"


@dataclass(slots=True)
class _Document:
    """One document of a task, as both runs answered it.

    Attributes:
        exact: by filter, whether answers and metrics are equal to the last digit.
        metrics: by filter and metric: the two values, and the gap where they differ.
    """

    doc_id: int
    exact: dict[str, bool] = field(default_factory=dict)
    metrics: dict[tuple[str, str], tuple[Any, Any, float | None]] = field(default_factory=dict)


def compare(original: Bundle, rerun: Bundle, audit: Audit | None) -> dict[str, Any]:
    """Return the contents of `results/comparison.json`.

    Args:
        original: a result's bundle, verified.
        rerun: whatever holds `results/samples/` of a second run.
        audit: which documents the second run has; None means all.

    Raises:
        ReplicationError: if the second run answered other questions, or not exactly these.
    """
    data = original.read(_PLAN)
    parsed = parse_strict(data)
    plan = plan_from(parsed)
    precision = str((parsed.get("engine") or {}).get("dtype", ""))
    _check_tasks(plan, rerun)
    open_benchmarks = [b for b in plan.benchmarks if not b.withheld]
    if not open_benchmarks:
        raise ReplicationError(
            "Every benchmark's samples are withheld, so no two runs can be compared.",
            code="nothing_to_compare",
        )
    pairs: dict[str, list[Pair]] = {b.claim.name: [] for b in open_benchmarks}
    for task in plan.open_tasks:
        concerned = [b for b in open_benchmarks if any(s.task == task for s in b.sources)]
        documents = _documents(original, rerun, plan, task, audit)
        for benchmark in concerned:
            pairs[benchmark.claim.name] += _pairs(benchmark, task, documents)
    judgements = {b.claim.name: _judged(b, pairs[b.claim.name], precision) for b in open_benchmarks}
    flips = [_flip(name, pair) for name, found in pairs.items() for pair in found if pair.flipped]
    return {
        "v": 1,
        "verdict": str(weakest([found.verdict for found in judgements.values()])),
        "original": {
            "manifestSha256": sha256_hex(original.read(_MANIFEST)),
            "planSha256": sha256_hex(data),
        },
        "audit": audit.as_json() if audit else None,
        "constants": {
            "tieNats": TIE_NATS.get(precision, 0.0),
            "scoreTolerance": SCORE_TOLERANCE,
            "margin": EQUIVALENCE_MARGIN,
            "alpha": ALPHA,
        },
        "benchmarks": [{"name": name} | _as_json(found) for name, found in judgements.items()],
        "notCompared": [b.claim.name for b in plan.benchmarks if b.withheld],
        "flips": flips[:MOST_FLIPS],
        "flipsLeftOut": max(0, len(flips) - MOST_FLIPS),
    }


def same(claimed: Any, computed: Any) -> bool:
    """Tell whether two comparisons are one, but for the last digits that processors differ in."""
    if isinstance(computed, dict):
        return (
            isinstance(claimed, dict)
            and claimed.keys() == computed.keys()
            and all(same(claimed[key], value) for key, value in computed.items())
        )
    if isinstance(computed, list):
        return (
            isinstance(claimed, list)
            and len(claimed) == len(computed)
            and all(map(same, claimed, computed))
        )
    if isinstance(computed, float) and type(claimed) in {int, float}:
        return math.isclose(claimed, computed, rel_tol=1e-9, abs_tol=1e-12)
    # JSON writes 1.0 as 1; True is no number.
    return isinstance(claimed, bool) == isinstance(computed, bool) and bool(claimed == computed)


def _check_tasks(plan: Plan, rerun: Bundle) -> None:
    held = {path for path in rerun.members if path.startswith(SAMPLES)}
    wanted = {f"{SAMPLES}{task}{SUFFIX}" for task in plan.open_tasks}
    if held != wanted:
        odd = min(held ^ wanted)
        raise ReplicationError(f"{odd} is not both planned and there.")


def _documents(
    original: Bundle, rerun: Bundle, plan: Plan, task: str, audit: Audit | None
) -> list[_Document]:
    """Read a task's samples of both runs side by side."""
    asked = plan.tasks[task]
    numbers = range(asked.documents)
    wanted = set(audit.chosen(task, asked.documents, asked.documents_root) if audit else numbers)
    found = {doc_id: _Document(doc_id) for doc_id in sorted(wanted)}
    before = (row for row in _rows(original, task) if row.doc_id in wanted)
    for one, other in zip_longest(before, _rows(rerun, task)):
        if one is None or other is None:
            more = "more" if one is None else "fewer"
            raise ReplicationError(f"{task}: there are {more} rows than were to be answered.")
        _check_question(task, one, other)
        _note(found[one.doc_id], one, other)
    return list(found.values())


def _rows(bundle: Bundle, task: str) -> Iterator[Row]:
    for number, line in enumerate(bundle.lines(f"{SAMPLES}{task}{SUFFIX}"), start=1):
        try:
            yield parse_row(line)
        except (RowSyntaxError, FormError) as error:
            raise ReplicationError(f"Row {number} of {task} is no sample: {error}.") from None


def _check_question(task: str, one: Row, other: Row) -> None:
    asked = [(r.doc_id, r.filter, r.doc_digest, r.target, r.arguments) for r in (one, other)]
    if asked[0] != asked[1] or set(one.metrics) != set(other.metrics):
        raise ReplicationError(
            f"{task}: where document {one.doc_id} (filter {one.filter!r}) was to be answered, "
            f"the second run has another question or other metrics."
        )


def _note(document: _Document, one: Row, other: Row) -> None:
    values = {name: (one.values[name], other.values[name]) for name in one.metrics}
    answers_equal = one.resps == other.resps and one.filtered == other.filtered
    document.exact[one.filter] = answers_equal and all(_equal(*both) for both in values.values())
    for name, (before, after) in values.items():
        apart = None
        if not _equal(before, after):
            apart = wider(gap(one, name), gap(other, name))
        document.metrics[one.filter, name] = (before, after, apart)


def _equal(before: Any, after: Any) -> bool:
    return bool(before == after) or (_is_nan(before) and _is_nan(after))


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _pairs(benchmark: BenchmarkPlan, task: str, documents: Sequence[_Document]) -> Iterator[Pair]:
    keys = [(source.filter, source.metric) for source in benchmark.sources if source.task == task]
    if any(key not in document.metrics for document in documents for key in keys):
        raise ReplicationError(f"{task}: rows lack a metric of {benchmark.claim.name}.")
    for document in documents:
        values = [document.metrics[key] for key in keys]
        differing = [value for value in values if not _equal(value[0], value[1])]
        gaps = [value[2] for value in differing]
        known = [value for value in gaps if value is not None]
        yield Pair(
            task=task,
            doc_id=document.doc_id,
            exact=all(document.exact[name] for name, _ in keys),
            before=_mean([value[0] for value in values]),
            after=_mean([value[1] for value in values]),
            flipped=bool(differing),
            gap=max(known) if known and len(known) == len(gaps) else None,
        )


def _mean(values: Sequence[Any]) -> float | None:
    if not all(isinstance(value, int | float) and abs(value) < _LARGEST for value in values):
        return None
    return math.fsum(values) / len(values)


def _judged(benchmark: BenchmarkPlan, pairs: Sequence[Pair], precision: str) -> Judgement:
    if not pairs:
        raise ReplicationError(f"{benchmark.claim.name} has no documents to compare.")
    return judge(pairs, precision=precision, weighted=benchmark.weighted)


def _as_json(found: Judgement) -> dict[str, Any]:
    return {
        "verdict": str(found.verdict),
        "n": found.n,
        "exact": found.exact,
        "flipped": found.flipped,
        "explained": found.explained,
        "agreement": found.agreement,
        "difference": found.difference,
        "lost": found.lost,
        "gained": found.gained,
        "mcnemarP": found.mcnemar_p,
        "tostP": found.tost_p,
    }


def _flip(benchmark: str, pair: Pair) -> dict[str, Any]:
    return {
        "benchmark": benchmark,
        "task": pair.task,
        "docId": pair.doc_id,
        "before": pair.before,
        "after": pair.after,
        "gap": pair.gap,
    }
