"""What the scores of comparable results are made of, document by document."""

from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from django.db.models import QuerySet

from evaluations.errors import AssayError
from evaluations.models import Benchmark, Result, Score
from evaluations.queries.sample_tables import outcomes
from evaluations.scoring.parts import Aggregate, Floats, Part, Stratum

#: By task, filter and metric: every document's value, in the order of its id.
Outcomes = Mapping[tuple[str, str, str], npt.NDArray[np.float32]]

#: Bytes of outcomes that a process keeps: they never change, and a new result is ranked with all.
_MOST_BYTES = 512 << 20
#: A value that follows from its documents is equal to their mean but for rounding.
_CLOSE = 1e-5
_kept: OrderedDict[tuple[str, ...], Outcomes] = OrderedDict()


def parts(results: Sequence[Result], benchmarks: Sequence[Benchmark]) -> list[Part]:
    """Return what results' scores are made of, for `scoring.ranking` and `scoring.pairs`.

    A benchmark whose value is the mean of its documents' values, for every result, gives a stratum
    for each task; any other gives one number with its standard error.

    Args:
        results: of one section, in the order that arrays then have.
        benchmarks: of their suite; the score is their mean.
    """
    each = [_outcomes(result) for result in results]
    cells = _cells(results)
    found: list[Part] = []
    for benchmark in benchmarks:
        pairs = [cells[result.pk].get(benchmark.pk, (np.nan, None)) for result in results]
        values = np.array([value for value, _ in pairs], np.float64)
        if not np.isfinite(values).all():
            return []  # one of them was not measured, so nothing may be said about the sum
        share = 1 / len(benchmarks)
        strata = _strata(benchmark, each, share)
        if strata and np.allclose(_sum(benchmark, strata), share * values, atol=_CLOSE * share):
            found += strata
        else:
            errors = [np.inf if error is None else error for _, error in pairs]
            found.append(Aggregate(share, values, np.array(errors, np.float64)))
    return found


def benchmark_parts(part: Sequence[Part], share: float) -> list[Part]:
    """Return a benchmark's own parts, given those of the score of which it is a share."""
    return [
        Stratum(one.weight / share, one.scores)
        if isinstance(one, Stratum)
        else Aggregate(one.weight / share, one.values, one.stderrs)
        for one in part
    ]


def _outcomes(result: Result) -> Outcomes:
    # By contents: tables may be made anew.
    key = tuple(table.sha256 for table in result.sample_tables.all())
    if key not in _kept:
        try:
            _kept[key] = {name: _narrow(values) for name, values in outcomes(result).items()}
        except AssayError:
            return {}  # the store can't be read just now; the benchmark's own error then counts
        while len(_kept) > 1 and sum(map(_size, _kept.values())) > _MOST_BYTES:
            _kept.popitem(last=False)
    _kept.move_to_end(key)
    return _kept[key]


def _narrow(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    return values.astype(np.float32)


def _size(one: Outcomes) -> int:
    return sum(values.nbytes for values in one.values())


def _cells(results: Sequence[Result]) -> dict[int, dict[int, tuple[float, float | None]]]:
    found: dict[int, dict[int, tuple[float, float | None]]] = defaultdict(dict)
    listed: QuerySet[Score] = Score.objects.filter(result__in=[result.pk for result in results])
    for result, benchmark, value, stderr in listed.order_by().values_list(
        "result_id", "benchmark_id", "value", "stderr"
    ):
        found[result][benchmark] = (value, stderr)
    return found


def _strata(benchmark: Benchmark, each: Sequence[Outcomes], share: float) -> list[Stratum]:
    """Return a stratum for each task, or none if a document's value is lacking anywhere."""
    tasks: dict[str, list[Mapping[str, object]]] = defaultdict(list)
    for component in benchmark.components:
        tasks[component["task"]].append(component)
    found = []
    for components in tasks.values():
        scores = [_task(one, components) for one in each]
        if any(score is None or score.shape != scores[0].shape for score in scores):  # type: ignore[union-attr]
            return []
        matrix = np.stack(scores)  # type: ignore[arg-type]
        if not np.isfinite(matrix).all():
            return []
        found.append(Stratum(1.0, matrix))
    weights = _weights(benchmark, found, list(tasks.values()))
    return [Stratum(share * w, s.scores) for w, s in zip(weights, found, strict=True)]


def _task(
    outcomes: Outcomes, components: Sequence[Mapping[str, object]]
) -> npt.NDArray[np.float32] | None:
    """Return a document's mean over the metrics that judge it."""
    keys = [(str(c["task"]), str(c["filter"]), str(c["metric"])) for c in components]
    arrays = [outcomes[key] for key in keys if key in outcomes]
    if len(arrays) != len(keys) or len({array.shape for array in arrays}) != 1:
        return None
    return arrays[0] if len(arrays) == 1 else np.mean(arrays, axis=0)


def _weights(
    benchmark: Benchmark,
    strata: Sequence[Stratum],
    tasks: Sequence[Sequence[Mapping[str, object]]],
) -> list[float]:
    """Return each task's weight in the benchmark's value, what rescales it included."""
    sizes = [s.scores.shape[1] if benchmark.aggregation == "weighted" else 1 for s in strata]
    room = [1 - _baseline(task) if benchmark.normalised else 1.0 for task in tasks]
    total = sum(sizes) or 1
    return [size / total / space for size, space in zip(sizes, room, strict=True)]


def _baseline(components: Sequence[Mapping[str, object]]) -> float:
    return float(str(components[0].get("baseline", 0.0)))


def _sum(benchmark: Benchmark, strata: Sequence[Stratum]) -> Floats:
    """Return the benchmark's share of the score as its strata give it."""
    tasks: dict[str, list[Mapping[str, object]]] = defaultdict(list)
    for component in benchmark.components:
        tasks[component["task"]].append(component)
    total = np.zeros(strata[0].models)
    for stratum, components in zip(strata, tasks.values(), strict=True):
        mean = np.asarray(stratum.scores, np.float64).mean(axis=1)
        if benchmark.normalised:
            mean = np.maximum(0.0, mean - _baseline(components))
        total += stratum.weight * mean
    return total
