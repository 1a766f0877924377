"""Benchmarks: what a column of a board measures, and how."""

from django.http import HttpRequest
from ninja import Router, Schema

from evaluations.errors import AssayError
from evaluations.models import Benchmark
from evaluations.queries import boards

router = Router(tags=["benchmarks"])


class ProtocolOut(Schema):
    """A benchmark's protocol.

    Attributes:
        leaves: how many tasks it stands for.
        num_fewshot: null leaves what the task's own YAML says.
        metric: the names of `metrics`, as people read them; several are averaged.
        baseline: the score of guessing, on the metric's scale.
        aggregation: how the tasks' values become one: `mean`, or `weighted` by documents.
        normalised: whether values are rescaled so that guessing is 0 and perfect is 1.
        withheld: whether its documents stay out of bundles.
    """

    name: str
    task: str
    leaves: int
    num_fewshot: int | None
    metric: str
    metrics: list[str]
    filter: str
    baseline: float
    aggregation: str
    normalised: bool
    withheld: bool


class BenchmarkOut(ProtocolOut):
    """A column of a board; `documents` is null while the suite is a draft."""

    title: str
    description: str
    languages: list[str]
    licence: str
    documents: int | None


class SuiteBenchmarkOut(BenchmarkOut):
    """A benchmark as one version of a suite has it, and the boards that rank by it."""

    suite: str
    draft: bool
    boards: list[str]


class BenchmarksOut(Schema):
    """Benchmarks by name, one item for each version of a suite that has it."""

    items: list[SuiteBenchmarkOut]


@router.get("", response=BenchmarksOut, operation_id="list_benchmarks")
def list_benchmarks(request: HttpRequest) -> BenchmarksOut:
    """List every suite's benchmarks."""
    return BenchmarksOut(items=[_item(benchmark) for benchmark in boards.benchmarks()])


@router.get("/{slug:benchmark}", response=BenchmarksOut, operation_id="get_benchmark")
def get_benchmark(request: HttpRequest, benchmark: str) -> BenchmarksOut:
    """Describe a benchmark, once for each version of a suite that has it."""
    found = boards.benchmarks(benchmark)
    if not found:
        raise AssayError(
            "benchmark_not_found",
            f"There is no benchmark {benchmark!r}.",
            "GET /api/v1/benchmarks lists them.",
        )
    return BenchmarksOut(items=[_item(one) for one in found])


def _item(benchmark: Benchmark) -> SuiteBenchmarkOut:
    return SuiteBenchmarkOut(
        **BenchmarkOut.from_orm(benchmark).model_dump(),
        suite=str(benchmark.suite),
        draft=benchmark.suite.is_draft,
        boards=sorted(board.slug for board in benchmark.suite.boards.all()),
    )
