"""Badges: where a model stands on a board, and who leads one, as SVG and as shields.io's JSON."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from evaluations.models import Board
from evaluations.queries import boards
from evaluations.queries.standings import Row
from leaderboard.boards.snapshot import snapshot
from leaderboard.pages.stored import keep

#: The mean advance of the badge's type at 11 px; a badge is a little too wide rather than cut off.
_ADVANCE, _PADDING = 6.6, 20
_MOST_CHARACTERS = 60
_TO = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Badge:
    """Two words side by side, as pages elsewhere show them."""

    label: str
    message: str
    known: bool

    @property
    def left(self) -> int:
        """Width of the label in px."""
        return _width(self.label)

    @property
    def right(self) -> int:
        """Width of the message in px."""
        return _width(self.message)


def board_badge(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """Say who leads a board."""
    board = _board(slug)
    now = snapshot(board).standings
    rows = now.rows
    tied = [row for row in rows if row.bracket is not None and row.bracket == rows[0].bracket]
    if not rows:
        badge = Badge(_short(board.title), _short(_("no results yet")), known=False)
    elif len(tied) > 1:
        badge = Badge(
            _short(board.title), _short(_("%(n)d share the lead") % {"n": len(tied)}), known=True
        )
    else:
        badge = Badge(_short(board.title), _short(_said(rows[0])), known=True)
    return keep(_answer(request, badge, form), board=slug, standings=now)


def model_badge(request: HttpRequest, slug: str, path: str, form: str) -> HttpResponse:
    """Say where a model stands on a board; its best result counts."""
    board = _board(slug)
    now = snapshot(board).standings
    source, _slash, name = path.partition("/")
    wanted = (source, name) if source == "local" else ("hf", path)
    found = next((row for row in now.rows if (row.source, row.name) == wanted), None)
    if found is None:
        badge = Badge(_short(board.title), _short(_("not on this board")), known=False)
    else:
        badge = Badge(
            _short(board.title), _short(f"#{_ranks(found)} · {_score(found)}"), known=True
        )
    return keep(_answer(request, badge, form), board=slug, standings=now)


def _board(slug: str) -> Board:
    found = boards.by_slug(slug)
    if found is None:
        raise Http404(_("There is no such board."))
    return found


def _ranks(row: Row) -> str:
    if row.first is None or row.last is None or row.first == row.last:
        return str(row.first or row.rank)
    return f"{row.first}{_TO}{row.last}"


def _score(row: Row) -> str:
    half = row.estimate.half_width
    return f"{100 * row.estimate.value:.1f}" + ("" if half is None else f" ± {100 * half:.1f}")


def _said(row: Row) -> str:
    return f"{row.name.rpartition('/')[2]} · {_score(row)}"


def _width(text: str) -> int:
    return round(len(text) * _ADVANCE) + _PADDING


def _short(text: str) -> str:
    return Truncator(text).chars(_MOST_CHARACTERS)


def _answer(request: HttpRequest, badge: Badge, form: str) -> HttpResponse:
    make: Callable[[], HttpResponse] = {
        "json": lambda: JsonResponse(
            {
                "schemaVersion": 1,
                "label": badge.label,
                "message": badge.message,
                "color": "#0B5C6B" if badge.known else "#565B64",
            }
        ),
        "svg": lambda: render(
            request, "badges/badge.svg", {"badge": badge}, content_type="image/svg+xml"
        ),
    }[form]
    response = make()
    # Badges are shown on pages elsewhere, by programs too.
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
