"""What the scores of comparable results are made of, document by document."""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from django.db.models import QuerySet

from evaluations.errors import AssayError
from evaluations.models import Benchmark, Result, Score
from evaluations.queries.sample_tables import outcomes
from evaluations.scoring.parts import Aggregate, Floats, Numbers, Part, Stratum

#: By task, filter and metric: every document's value, in the order of its id.
Outcomes = Mapping[tuple[str, str, str], npt.NDArray[np.float32]]

#: Bytes of outcomes that a process keeps: they never change, and a new result is ranked with all.
_MOST_BYTES = 512 << 20
#: A value that follows from its documents is equal to their mean but for rounding.
_CLOSE = 1e-5
_kept: OrderedDict[tuple[tuple[str, str], ...], Outcomes] = OrderedDict()
_lock = threading.Lock()


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
        made = _parts(benchmark, each, _column(results, benchmark, cells), 1 / len(benchmarks))
        if not made:
            return []  # one of them was not measured, so nothing may be said about the sum
        found += made
    return found


def against(
    baseline: Result, others: Sequence[Result], benchmarks: Sequence[Benchmark]
) -> list[list[list[Part]]]:
    """Return what the baseline's score and another's are made of, for each of some others.

    Two by two, so that a result without documents to pair stands in nobody else's way.

    Returns:
        For each other and each benchmark, its parts as in `parts`, with the baseline's row first;
        none where one of the two was not measured.
    """
    cells, first = _cells([baseline, *others]), _outcomes(baseline)
    found = []
    for other in others:
        each, pair = [first, _outcomes(other)], [baseline, other]
        found.append([
            _parts(benchmark, each, _column(pair, benchmark, cells), 1 / len(benchmarks))
            for benchmark in benchmarks
        ])  # fmt: skip
    return found


def by_document(results: Sequence[Result], benchmark: Benchmark) -> dict[str, Numbers]:
    """Return the documents' values that results have in common.

    Returns:
        By task (results, documents), in the order of the documents' ids. Tasks of which one of the
        results has no table, or a document no value, are left out.
    """
    each = [_outcomes(result) for result in results]
    found: dict[str, Numbers] = {}
    for task, components in _tasks(benchmark).items():
        matrix = _matrix(each, components)
        if matrix is not None:
            found[task] = matrix
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
    # A table's bytes never change; a result may get one that it lacked.
    key = tuple((table.task, table.sha256) for table in result.sample_tables.all())
    with _lock:
        kept = _kept.get(key)
        if kept is not None:
            _kept.move_to_end(key)
            return kept
    try:
        made = {name: _narrow(values) for name, values in outcomes(result).items()}
    except AssayError:
        return {}  # the store can't be read just now; the benchmark's own error then counts
    with _lock:
        _kept[key] = made
        while len(_kept) > 1 and sum(_size(one) for one in _kept.values()) > _MOST_BYTES:
            _kept.popitem(last=False)
    return made


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


def _column(
    results: Sequence[Result],
    benchmark: Benchmark,
    cells: Mapping[int, Mapping[int, tuple[float, float | None]]],
) -> list[tuple[float, float | None]]:
    """Return each result's value and standard error; NaN where it was not measured."""
    return [cells.get(result.pk, {}).get(benchmark.pk, (np.nan, None)) for result in results]


def _parts(
    benchmark: Benchmark,
    each: Sequence[Outcomes],
    column: Sequence[tuple[float, float | None]],
    share: float,
) -> list[Part]:
    """Return a benchmark's parts; none if one of the results was not measured."""
    values = np.array([value for value, _ in column], np.float64)
    if not np.isfinite(values).all():
        return []
    strata = _strata(benchmark, each, share)
    if strata and np.allclose(_sum(benchmark, strata), share * values, atol=_CLOSE * share):
        return [*strata]
    errors = [np.inf if error is None else error for _, error in column]
    return [Aggregate(share, values, np.array(errors, np.float64))]


def _tasks(benchmark: Benchmark) -> dict[str, list[Mapping[str, object]]]:
    found: dict[str, list[Mapping[str, object]]] = defaultdict(list)
    for component in benchmark.components:
        found[component["task"]].append(component)
    return found


def _matrix(
    each: Sequence[Outcomes], components: Sequence[Mapping[str, object]]
) -> npt.NDArray[np.float32] | None:
    """Return (results, documents); None if a document's value is lacking anywhere."""
    scores = [score for one in each if (score := _task(one, components)) is not None]
    if len(scores) != len(each) or len({score.shape for score in scores}) != 1:
        return None
    matrix = np.stack(scores)
    return matrix if np.isfinite(matrix).all() else None


def _strata(benchmark: Benchmark, each: Sequence[Outcomes], share: float) -> list[Stratum]:
    """Return a stratum for each task, or none if a document's value is lacking anywhere."""
    tasks = _tasks(benchmark)
    found = []
    for components in tasks.values():
        matrix = _matrix(each, components)
        if matrix is None:
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
    total = np.zeros(strata[0].models)
    for stratum, components in zip(strata, _tasks(benchmark).values(), strict=True):
        mean = np.asarray(stratum.scores, np.float64).mean(axis=1)
        if benchmark.normalised:
            mean = np.maximum(0.0, mean - _baseline(components))
        total += stratum.weight * mean
    return total
