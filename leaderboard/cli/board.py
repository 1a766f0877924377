"""`assay board`: a board's standings as a table, or the list of boards."""

import re
from typing import Annotated, Any

import typer

from leaderboard.cli import credentials
from leaderboard.cli.answers import as_object, inner, number, objects, text, whole
from leaderboard.cli.client import ask
from leaderboard.cli.exits import errors, usage
from leaderboard.cli.options import AsJson, Insecure, Limit, Site
from leaderboard.cli.pages import rows
from leaderboard.cli.scores import percent, ranks
from leaderboard.cli.tables import Column, Table
from leaderboard.cli.terminal import line, quoted, show, show_json

_SLUG = re.compile(r"[A-Za-z0-9_-]{1,100}")
_BOARDS = (
    Column("Board", folds=True),
    Column("Title", folds=True),
    Column("Suite", folds=True, may_go=True),
    Column("Results", right=True),
    Column("State", may_go=True),
)


def board(
    name: Annotated[
        str, typer.Argument(metavar="[BOARD]", help="A board's slug; without it all are listed.")
    ] = "",
    *,
    limit: Limit = 100,
    site: Site = None,
    insecure: Insecure = False,
    as_json: AsJson = False,
) -> None:
    """Print a board: ranks, model, score and every benchmark; without a name, list the boards.

    Scores are in per cent, with half of their 95 % interval. Exit code: 0 fine, 2 wrong usage or
    no such board, 3 the site could not say.
    """
    with errors(as_json=as_json):
        address = credentials.site_of(site, insecure=insecure)
        if name:
            _show_board(address, name, limit, as_json=as_json)
        else:
            _list_boards(address, limit, as_json=as_json)


def _list_boards(site: str, limit: int, *, as_json: bool) -> None:
    found = objects(as_object(ask(site, "GET", "boards")), "items")
    if as_json:
        show_json({"items": found[:limit], "more": len(found) > limit})
        return
    if not found:
        show("There are no boards yet.")
        return
    Table(_BOARDS, [_board_row(one) for one in found[:limit]]).show()
    if len(found) > limit:
        show("There are more; --limit says how many to list.")


def _board_row(told: dict[str, Any]) -> list[str]:
    results = whole(told, "results")
    draft = "draft" if told.get("draft") is True else "open"
    count = "" if results is None else str(results)
    return [text(told, "slug"), text(told, "title"), text(told, "suite"), count, draft]


def _show_board(site: str, slug: str, limit: int, *, as_json: bool) -> None:
    if not _SLUG.fullmatch(slug):
        raise usage(f"{quoted(slug)} is no board's slug.", "assay board lists them.")
    about = as_object(ask(site, "GET", f"boards/{slug}"))
    standings, more = rows(site, f"boards/{slug}/standings", "standings", limit)
    if as_json:
        show_json({"board": about, "standings": standings, "more": more})
        return
    draft = " (draft)" if about.get("draft") is True else ""
    show(f"{line(text(about, 'title')) or slug}{draft}, {line(text(about, 'suite'))}")
    if standings:
        show("per cent ± half of the 95 % interval")
        _standings(about, standings).show()
    else:
        show(_why_empty(about))
    if more:
        show("There are more; --limit says how many to list.")
    show(f"{site}/boards/{slug}/")


def _why_empty(about: dict[str, Any]) -> str:
    if about.get("draft") is True:
        return "The suite is still a draft; it takes no submissions until it is published."
    return "No results yet."


def _standings(about: dict[str, Any], standings: list[dict[str, Any]]) -> Table:
    names = [text(one, "name") for one in objects(about, "benchmarks")]
    columns = [Column("#", right=True), Column("Model", folds=True), Column("Score", right=True)]
    columns += [Column(name, right=True, may_go=True) for name in names]
    return Table(columns, [_standing(row, names) for row in standings])


def _standing(row: dict[str, Any], names: list[str]) -> list[str]:
    cells = inner(row, "benchmarks")
    return [
        ranks(whole(row, "rank"), whole(row, "rank_first"), whole(row, "rank_last")),
        text(row, "model"),
        percent(number(row, "score"), number(row, "stderr")),
        *(_cell(inner(cells, name)) for name in names),
    ]


def _cell(told: dict[str, Any]) -> str:
    return percent(number(told, "value"), number(told, "stderr"))
