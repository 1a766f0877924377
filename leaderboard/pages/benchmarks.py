"""Benchmarks: what each measures, how, with which items, and how models do."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from evaluations.bcp47 import all_of
from evaluations.models import Benchmark
from evaluations.queries import benchmarks, boards
from leaderboard.charts.histogram import histogram


def listing(request: HttpRequest) -> HttpResponse:
    """List every benchmark."""
    context = {"section": "benchmarks", "listed": benchmarks.overview()}
    return render(request, "benchmarks/list.html", context)


def benchmark(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a benchmark as one version of a suite has it; `?suite=name-v1` chooses which."""
    versions = benchmarks.in_order(boards.benchmarks(slug))
    if not versions:
        raise Http404(_("There is no such benchmark."))
    found = _chosen(versions, request.GET.get("suite", ""))
    values = benchmarks.values(found)
    context = {
        "section": "benchmarks",
        "benchmark": found,
        "versions": versions,
        "boards": sorted(found.suite.boards.all(), key=lambda board: board.title.lower()),
        "languages": all_of(found.languages),
        "items": benchmarks.items(found),
        "roots": benchmarks.roots(found),
        "best": benchmarks.best(found),
        "results": len(values),
        "chart": histogram(values, baseline=found.baseline),
        "entry": benchmarks.log_entry(found),
    }
    return render(request, "benchmarks/benchmark.html", context)


def _chosen(versions: list[Benchmark], wanted: str) -> Benchmark:
    if not wanted:
        return versions[0]
    for one in versions:
        if wanted == f"{one.suite.name}-v{one.suite.version}":
            return one
    raise Http404(_("No such version of a suite has this benchmark."))
