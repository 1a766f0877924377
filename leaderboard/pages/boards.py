"""A board: its standings as a page, as JSON and as CSV, all from the same query string."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from evaluations.models import Board
from evaluations.queries import boards
from evaluations.queries.standings import arrange, everyone, overlapping
from leaderboard.api.standings import View, as_csv, as_data

PER_PAGE = 50


def board(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a board's standings, fifty rows a page."""
    found, view = _board(slug), View.of(request.GET)
    standing = everyone(found)
    rows = arrange(standing, search=view.q, sort=view.sort, descending=view.descending)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    benchmarks = list(found.suite.benchmarks.all())
    names = [benchmark.name for benchmark in benchmarks]
    context = {
        "board": found,
        "view": view,
        "sort": view.sort if view.sort in {"model", *names} else "score",
        "section": "boards",
        "page": page,
        "standing": standing,
        "overlapping": overlapping(standing),
        "benchmarks": benchmarks,
        "documents": sum(row.n for row in standing),
        "updated": max((row.result.published_at for row in standing), default=None),
        "exported": view.query_string(),
    }
    return render(request, "boards/board.html", context)


def board_json(request: HttpRequest, slug: str) -> HttpResponse:
    """Return every row of the view, as the API does."""
    found = _board(slug)
    data = as_data(found, View.of(request.GET))
    response = JsonResponse(data.model_dump(mode="json"))
    response.headers["Content-Disposition"] = f'inline; filename="{found.slug}.json"'
    return response


def board_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """Return every row of the view as a table."""
    found = _board(slug)
    text = as_csv(found, View.of(request.GET))
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{found.slug}.csv"'
    return response


def _board(slug: str) -> Board:
    found = boards.by_slug(slug)
    if found is None:
        raise Http404(_("There is no such board."))
    return found
