"""Models side by side: how far they are apart, how surely, and on which items."""

from http import HTTPStatus
from itertools import chain, islice

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from evaluations.errors import AssayError
from evaluations.queries import chosen as choosing
from leaderboard.compare import export
from leaderboard.compare.flipped import page
from leaderboard.compare.members import choose
from leaderboard.compare.report import OFFERED, offered, report
from leaderboard.compare.view import MOST, View


def compare(request: HttpRequest) -> HttpResponse:
    """Show up to six results beside each other, the first as the baseline."""
    asked = View.of(request.GET)
    chosen = choose(asked)
    # From here on links hold what there is of what was asked for.
    pins = [member.result.public_id for member in chosen.members]
    view = asked.limited(pins, asked.other if asked.other in pins else "", asked.task)
    context: dict[str, object] = {
        "section": "compare", "view": view, "chosen": chosen, "members": chosen.members,
        "most": MOST, "room": MOST - len(pins),
    }  # fmt: skip
    if not chosen.members:
        context["results"] = choosing.offered(OFFERED)
        return render(request, "compare/start.html", context)
    made = report(chosen, view)
    flipped = made.flipped if made else None
    context |= {
        "baseline": chosen.members[0],
        "offered": offered(chosen),
        "report": made,
        "flipped": flipped,
        "page": page(flipped) if flipped else None,
    }
    return render(request, "compare/compare.html", context)


def compare_csv(request: HttpRequest) -> HttpResponseBase:
    """Return the whole list of items that flipped, as the page filters it."""
    view = View.of(request.GET)
    chosen = choose(view)
    made = report(chosen, view)
    if made is None or made.flipped is None:
        raise Http404(_("There are no two results whose items could be paired."))
    lines = export.rows(chosen.members[0], made.flipped)
    try:
        # The first lines now, so that a lost table is an error and no file that ends too soon.
        begun = list(islice(lines, 2))
    except AssayError as error:
        return HttpResponse(
            f"{error.detail}\n", status=HTTPStatus.SERVICE_UNAVAILABLE, content_type="text/plain"
        )
    response = StreamingHttpResponse(chain(begun, lines), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="flips.csv"'
    return response
