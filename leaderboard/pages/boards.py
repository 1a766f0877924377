"""A board: its standings as a page and in other formats, all from the same query string."""

from dataclasses import dataclass, replace

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from evaluations.models import Board
from leaderboard.api.standings import StandingsOut, as_data
from leaderboard.boards.exports import as_atom, as_csv, as_parquet
from leaderboard.boards.headings import headings
from leaderboard.boards.leads import leads
from leaderboard.boards.rows import Pen, columns_of
from leaderboard.boards.selection import Selection, select
from leaderboard.boards.snapshot import Snapshot, snapshot
from leaderboard.boards.verdict import leaders
from leaderboard.boards.view import PER_PAGE, View
from leaderboard.charts.measures import MEASURES, measure
from leaderboard.charts.scatter import Scatter, scatter
from leaderboard.charts.svg import scatter_svg
from leaderboard.mirror.asking import MIRROR
from leaderboard.pages.security import FRAMED
from leaderboard.pages.stored import keep

#: Rows of a mirror's one page; files of static bytes answer no question. All are in the exports.
MIRRORED = 2_000
#: Rows that other sites' pages show.
EMBEDDED = 10


@require_safe
def board(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a board's standings."""
    now, view = _now(slug), View.of(request.GET)
    if MIRROR in request.META:
        view = replace(view, per=MIRRORED)
    found = now.standings.board
    selection = select(now, view)
    columns = columns_of(view.columns, now.standings.benchmarks)
    pen = Pen(now, view, columns)
    titles = headings(now, view, columns)
    drawing = _scatter(selection, now)
    by_rank = view.descending and any(h.key == "score" and h.direction for h in titles)
    context = {
        "board": found,
        "view": view,
        "section": "boards",
        "standings": now.standings,
        "selection": selection,
        "headings": titles,
        "chosen_columns": {now.standings.benchmarks[place].name for place in columns},
        "pinned": pen.sections(selection.pinned, brackets=False),
        "drawn": pen.sections(selection.shown, brackets=by_rank),
        "measures": MEASURES,
        "scatter": drawing,
        "scatter_svg": scatter_svg(drawing),
        "leaders": leaders(now.standings.rows),
        "documents": sum(row.n for row in now.standings.rows),
        "per_page": sorted(PER_PAGE),
        # What changes alone for who has the rest already; the whole page for everyone else.
        "part": request.headers.get("HX-Target") == "standings",
    }
    template = "boards/_standings.html" if context["part"] else "boards/board.html"
    response = render(request, template, context)
    response.headers["Vary"] = "HX-Target"
    return keep(response, board=found.slug, standings=now.standings)


@require_safe
@xframe_options_exempt
def embed(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a board's first rows as a page that other sites may put into a frame."""
    now = _now(slug).standings
    context = {"board": now.board, "rows": now.rows[:EMBEDDED], "changed_at": now.changed_at}
    response = render(request, "boards/embed.html", context)
    response.headers["Content-Security-Policy"] = FRAMED
    return keep(response, board=slug, standings=now)


@require_safe
def history(request: HttpRequest, slug: str) -> HttpResponse:
    """Show who had the greatest score since when."""
    now = _now(slug)
    led = leads(now.standings.rows)
    changed = now.standings.changed_at
    drawing = scatter(
        [lead.row for lead in reversed(led)],
        measure("date"),
        changed.timestamp() if changed else None,
    )
    context = {
        "board": now.standings.board,
        "section": "boards",
        "leads": led[::-1],
        "drawing": scatter_svg(drawing, _("Greatest score over time")),
        "apart": len(now.standings.all_rows) - len(now.standings.rows),
    }
    response = render(request, "boards/history.html", context)
    return keep(response, board=slug, standings=now.standings)


def _scatter(selection: Selection, now: Snapshot) -> Scatter:
    """Draw those of the rows found that are ranked together; other numbers can't be compared."""
    ranked = now.standings.rows
    if len(selection.rows) < len(now.standings.all_rows):
        found = {row.result for _section, row in selection.rows}
        ranked = [row for row in ranked if row.result in found]
    return scatter(ranked, measure(selection.view.chart))


@dataclass(frozen=True, slots=True)
class _Export:
    board: Board
    now: Snapshot
    data: StandingsOut

    @property
    def benchmarks(self) -> list[str]:
        return [benchmark.name for benchmark in self.now.standings.benchmarks]

    def answer(self, response: HttpResponse, ending: str, *, inline: bool = False) -> HttpResponse:
        how = "inline" if inline else "attachment"
        name = f"{self.board.slug}.{ending}"
        response.headers["Content-Disposition"] = f'{how}; filename="{name}"'
        return keep(response, board=self.board.slug, standings=self.now.standings)


@require_safe
def board_json(request: HttpRequest, slug: str) -> HttpResponse:
    """Return every row of the view, as the API does."""
    export = _export(request, slug)
    return export.answer(JsonResponse(export.data.model_dump()), "json", inline=True)


@require_safe
def board_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """Return every row of the view as a table."""
    export = _export(request, slug)
    text = as_csv(export.data, export.benchmarks)
    return export.answer(HttpResponse(text, content_type="text/csv; charset=utf-8"), "csv")


@require_safe
def board_parquet(request: HttpRequest, slug: str) -> HttpResponse:
    """Return every row of the view as a Parquet file."""
    export = _export(request, slug)
    table = as_parquet(export.data, export.benchmarks)
    return export.answer(
        HttpResponse(table, content_type="application/vnd.apache.parquet"), "parquet"
    )


@require_safe
def board_atom(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the newest results of the view as a feed."""
    export = _export(request, slug)

    def link(result: str) -> str:
        path = reverse("result", args=[result]) if result else reverse("board", args=[slug])
        return request.build_absolute_uri(path)

    feed = as_atom(
        export.data,
        title=export.board.title,
        link=link,
        feed_url=request.build_absolute_uri(),
    )
    return export.answer(
        HttpResponse(feed, content_type="application/atom+xml; charset=utf-8"), "atom", inline=True
    )


def _export(request: HttpRequest, slug: str) -> _Export:
    now = _now(slug)
    return _Export(now.standings.board, now, as_data(now, View.of(request.GET)))


def _now(slug: str) -> Snapshot:
    """Return a board's snapshot; its own board is the one to show, as of the same version."""
    found = Board.objects.filter(slug=slug).first()
    if found is None:
        raise Http404(_("There is no such board."))
    return snapshot(found)
