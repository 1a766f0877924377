"""The fast engine beside stock `hf`, on look-alikes of well-known tasks and random weights."""

import ctypes
import os
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from statistics import geometric_mean
from typing import Any

from tests.performance.figures import Budget, Report
from tests.performance.lookalikes import Workload, make_model, workloads

STOCK_BATCHES = (1, 4, 16)
#: Rows and tokens of plain passes; the fastest one is the limit's throughput.
_SHAPES = ((1, 1024), (4, 256), (8, 128))
#: What is loaded in turn: vocabulary and layers.
_MODELS = {"32k": (32_000, 6), "50k": (50_304, 4)}
_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class _Answered:
    """What it took to answer.

    Attributes:
        values: log-likelihoods.
        seconds: by the clock.
        work: seconds of processor time, of all cores; on a busy machine the steadier measure.
        memory: the largest that the process had, in kB.
    """

    values: list[float]
    seconds: float
    work: float
    memory: float


@dataclass(frozen=True)
class _Models:
    """One model, loaded both ways.

    Attributes:
        throughput: of plain passes, in tokens a second of processor time.
    """

    name: str
    ours: Any
    stock: Any
    throughput: float


def measure(budget: Budget) -> Report:
    """Answer the same documents both ways, in turns, one model after the other."""
    # As in a runner; torch reads it when it is imported.
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    report = Report("engine: log-likelihoods in float32, beside stock `hf` at its best batch size")
    report.notes.append(
        "Llamas of 35 M (vocabulary 32k, 6 layers) and 38 M parameters (50k, 4 layers); "
        f"load {os.getloadavg()[0]:.1f} when it began"
    )
    left = dict(_MODELS)
    for _ in budget.rounds(len(_MODELS)):
        name = next(iter(left))
        with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
            _measure_model(report, name, make_model(Path(folder), *left.pop(name)))
    report.notes += [f"left out, for lack of time: the model with {name}" for name in left]
    return report


def _measure_model(report: Report, name: str, folder: Path) -> None:
    models = _load(name, folder)
    report.add(f"{name}: plain passes", "tokens a processor second", [models.throughput])
    both = [_measure_workload(report, models, each) for each in workloads(random.Random(7))]
    by_work, by_clock = (geometric_mean(each) for each in zip(*both, strict=True))
    report.compare(f"{name}: geometric mean of all five", by_work, goal=">= 4", unit="times stock")
    report.compare(f"{name}: the same by the clock", by_clock, unit="times stock")


def _load(name: str, folder: Path) -> _Models:
    from lm_eval.api.registry import get_model

    import workers.engines  # noqa: F401  registers ours

    options = {"pretrained": str(folder), "device": "cpu", "dtype": "float32"}
    ours, stock = get_model("assay")(**options), get_model("hf")(**options)
    if ours.engine_record["fallback"]:
        raise RuntimeError(f"The engine fell back: {ours.engine_record['fallback']}.")
    return _Models(name, ours, stock, _throughput(stock.model))


def _measure_workload(report: Report, models: _Models, workload: Workload) -> tuple[float, float]:
    """Return how many times faster than stock it is, by processor time and by the clock."""
    name = f"{models.name}, {workload.name}"
    few, count = workload.documents[: workload.stock], len(workload.documents)
    before = dict(models.ours.engine_record)
    ours = _answer(models.ours, workload.method, workload.documents)
    computed, read = (
        models.ours.engine_record[key] - before[key]
        for key in ("positions_computed", "positions_stock")
    )
    size, stock = _best_stock(models.stock, workload.method, few)
    report.add(name, "ms a document", [1000 * ours.seconds / count])
    report.add(f"{name}: stock at {size}", "ms a document", [1000 * stock.seconds / len(few)])
    share = len(few) / count
    faster = stock.work / ours.work / share, stock.seconds / ours.seconds / share
    limit = ours.work * models.throughput / computed
    report.compare(f"{name}: faster than stock", faster[0], goal=">= 1", unit="times")
    report.compare(f"{name}: its time over the limit", limit, goal="<= 1.2", unit="times")
    report.compare(f"{name}: never computed", 1 - computed / read, unit="of stock's positions")
    memory = ours.memory / stock.memory
    report.compare(f"{name}: memory", memory, goal="<= 1.3", unit="times stock's")
    _compare_values(report, name, ours.values, stock.values)
    return faster


def _best_stock(
    lm: Any, method: str, documents: Sequence[Sequence[tuple[str, ...]]]
) -> tuple[int, _Answered]:
    tries = []
    for size in STOCK_BATCHES:
        lm.batch_size_per_gpu = size
        tries.append((size, _answer(lm, method, documents)))
    return min(tries, key=lambda each: each[1].work)


def _compare_values(report: Report, name: str, ours: list[float], stock: list[float]) -> None:
    # Stock was asked the first documents only. A sum over a text of 500 tokens lies where
    # neighbours in float32 are 5e-4 apart, so what counts is the difference for its size.
    far = max(abs(a - b) / max(1.0, abs(b) / 100) for a, b in zip(ours, stock, strict=False))
    report.compare(f"{name}: largest difference", 1e6 * far, goal="<= 100", unit="millionths")


def _answer(lm: Any, method: str, documents: Sequence[Sequence[tuple[str, ...]]]) -> _Answered:
    from lm_eval.api.instance import Instance

    requests = [
        Instance(method, {}, arguments, idx)
        for document in documents
        for idx, arguments in enumerate(document)
    ]
    _forget_peak()
    began, worked = time.perf_counter(), time.process_time()
    answers = getattr(lm, method)(requests, disable_tqdm=True)
    seconds, work = time.perf_counter() - began, time.process_time() - worked
    values = [a[0] if isinstance(a, tuple) else a for a in answers]
    return _Answered(values, seconds, work, _peak())


def _throughput(model: Any) -> float:
    """Return the tokens a processor second of plain passes, in the best of several shapes."""
    import torch

    found = []
    with torch.no_grad():
        for shape in (_SHAPES[0], *_SHAPES):
            tokens = torch.randint(4, 8000, shape, generator=torch.Generator().manual_seed(1))
            began = time.process_time()
            model(tokens)
            found.append(prod(shape) / (time.process_time() - began))
    # The first one warms up.
    return max(found[1:])


def _forget_peak() -> None:
    # What is free but not given back would count for whoever comes second.
    ctypes.CDLL(None).malloc_trim(0)
    _CLEAR.write_text("5")


def _peak() -> float:
    lines = _STATUS.read_text(encoding="utf-8").splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("VmHWM"))
