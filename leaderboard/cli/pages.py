"""Long lists come in pages; here they are put together, however a site answers."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from leaderboard.cli.answers import as_object, bad_answer, objects, text
from leaderboard.cli.client import ask

#: The most that the API gives at a time, for every list.
_PAGE = 200


def rows(
    site: str, path: str, key: str, limit: int, *, secret: str = "", **query: str
) -> tuple[list[dict[str, Any]], bool]:
    """Return a list's first rows, and whether the site has more.

    Args:
        site: its address.
        path: of the list, below the API.
        key: under which a page has its rows.
        limit: how many at most.
        secret: a token, if one is needed.
        query: what else is asked.

    Raises:
        AssayError: `bad_answer`, if the pages lead nowhere.
    """

    def page(cursor: str) -> dict[str, Any]:
        asked = query | {"limit": str(min(limit, _PAGE))} | ({"cursor": cursor} if cursor else {})
        return as_object(ask(site, "GET", f"{path}?{urlencode(asked)}", secret=secret))

    return _put_together(page, key, limit)


def _put_together(
    page: Callable[[str], dict[str, Any]], key: str, limit: int
) -> tuple[list[dict[str, Any]], bool]:
    found: list[dict[str, Any]] = []
    cursor, seen = "", {""}
    while True:
        told = page(cursor)
        piece = objects(told, key)
        found += piece
        cursor = text(told, "next")
        if not cursor or len(found) >= limit:
            return found[:limit], bool(cursor) or len(found) > limit
        if not piece or cursor in seen:
            raise bad_answer("its pages lead nowhere")
        seen.add(cursor)
