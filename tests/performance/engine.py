"""The fast engine beside stock `hf`, on look-alikes of well-known tasks and random weights."""

import ctypes
import os
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import chdir, redirect_stdout
from io import StringIO
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
    from lm_eval.api.registry import get_model

    import workers.engines  # noqa: F401  registers ours

    options = {"pretrained": str(folder), "device": "cpu", "dtype": "float32"}
    ours, stock = get_model("assay")(**options), get_model("hf")(**options)
    if ours.engine_record["fallback"]:
        raise RuntimeError(f"The engine fell back: {ours.engine_record['fallback']}.")
    throughput = _throughput(stock.model)
    report.add(f"{name}: plain passes", "tokens/s", [throughput])
    faster = [
        _measure_workload(report, name, workload, ours, stock, throughput)
        for workload in workloads(random.Random(7))
    ]
    report.compare(f"{name}: geometric mean", geometric_mean(faster), goal=">= 4", unit="× stock")


def _measure_workload(
    report: Report, model: str, workload: Workload, ours: Any, stock: Any, throughput: float
) -> float:
    name, few = f"{model}, {workload.name}", workload.documents[: workload.stock]
    before = dict(ours.engine_record)
    given, spent, peak = _answer(ours, workload.method, workload.documents)
    computed, read = (
        ours.engine_record[key] - before[key] for key in ("positions_computed", "positions_stock")
    )
    tries = {}
    for size in STOCK_BATCHES:
        stock.batch_size_per_gpu = size
        tries[size] = _answer(stock, workload.method, few)
    best = min(tries, key=lambda size: tries[size][1])
    expected, stock_spent, stock_peak = tries[best]
    faster = stock_spent / len(few) / (spent / len(workload.documents))
    difference = max(abs(a - b) for a, b in zip(given, expected, strict=False))
    report.add(f"{name}", "ms a document", [1000 * spent / len(workload.documents)])
    report.add(f"{name}: stock at {best}", "ms a document", [1000 * stock_spent / len(few)])
    report.compare(f"{name}: faster than stock", faster, goal=">= 1", unit="×")
    limit = spent * throughput / computed
    report.compare(f"{name}: time over the limit's", limit, goal="<= 1.2", unit="×")
    report.compare(f"{name}: of stock's positions, never computed", 1 - computed / read)
    report.compare(f"{name}: memory", peak / stock_peak, goal="<= 1.3", unit="× stock's")
    report.compare(f"{name}: 10⁶ × largest difference", 1e6 * difference, goal="<= 100")
    return faster


def _answer(
    lm: Any, method: str, documents: Sequence[Sequence[tuple[str, ...]]]
) -> tuple[list[float], float, float]:
    """Return the log-likelihoods, the seconds that they took, and the largest memory."""
    from lm_eval.api.instance import Instance

    requests = [
        Instance(method, {}, arguments, idx)
        for document in documents
        for idx, arguments in enumerate(document)
    ]
    _forget_peak()
    began = time.perf_counter()
    answers = getattr(lm, method)(requests, disable_tqdm=True)
    spent = time.perf_counter() - began
    return [a[0] if isinstance(a, tuple) else a for a in answers], spent, _peak()


def _throughput(model: Any) -> float:
    """Return the tokens a second of plain passes, in the best of several shapes."""
    import torch

    found = []
    with torch.no_grad():
        for shape in (_SHAPES[0], *_SHAPES):
            tokens = torch.randint(4, 8000, shape, generator=torch.Generator().manual_seed(1))
            began = time.perf_counter()
            model(tokens)
            found.append(prod(shape) / (time.perf_counter() - began))
    return max(found[1:])


def _forget_peak() -> None:
    # What is free but not given back would count for whoever comes second.
    ctypes.CDLL(None).malloc_trim(0)
    _CLEAR.write_text("5")


def _peak() -> float:
    lines = _STATUS.read_text(encoding="utf-8").splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("VmHWM"))
