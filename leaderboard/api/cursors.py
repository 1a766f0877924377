"""Long lists in pieces: a signed cursor says where the next piece begins.

A cursor holds for the list that gave it out, with the same filters, and for no other.
"""

from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from django.core.signing import BadSignature, Signer
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from ninja import Query

from evaluations.errors import AssayError

#: Neither in a cursor nor in a signature, and no part of a query string's grammar.
_SEPARATOR = "."
_MOST = 200
#: PostgreSQL can't hold a NUL in a text and refuses the query.
NO_NUL = r"^[^\x00]*$"

Cursor = Annotated[
    str, Query(description="`next` of the piece before", max_length=500, pattern=NO_NUL)
]
Limit = Annotated[int, Query(description="how many at most", ge=1, le=_MOST)]
_Row = TypeVar("_Row", bound=Model)


def read(request: HttpRequest, cursor: str) -> Any:
    """Return where a piece begins, as `write` was told; None for the first piece.

    Raises:
        AssayError: `cursor_invalid`.
    """
    if not cursor:
        return None
    try:
        return _signer(request).unsign_object(cursor)["at"]
    except BadSignature:
        raise invalid() from None


def invalid() -> AssayError:
    """Return the error for a cursor that is of no use."""
    return AssayError(
        "cursor_invalid",
        "The cursor is not one of this list's, or too old.",
        "Begin again without a cursor; the filters must stay the same from piece to piece.",
    )


def write(request: HttpRequest, response: HttpResponse, at: object) -> str:
    """Return the cursor of the piece that begins there, and put its address into `Link`."""
    cursor = _signer(request).sign_object({"at": at})
    query = request.GET.copy()
    query["cursor"] = cursor
    address = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
    response.headers["Link"] = f'<{address}>; rel="next"'
    return cursor


def piece(
    request: HttpRequest, response: HttpResponse, found: list[_Row], limit: int
) -> tuple[list[_Row], str | None]:
    """Return a piece of a list by primary key, and the cursor of the next one.

    Args:
        request: what was asked.
        response: where `Link` goes.
        found: one row more than `limit`, if there are so many.
        limit: how many were asked for.
    """
    if len(found) <= limit:
        return found, None
    rows = found[:limit]
    return rows, write(request, response, rows[-1].pk)


def address(path: str, at: object, *, limit: int) -> str:
    """Return the address of so many items of a list, without filters, that begin there."""
    cursor = _salted(path, "").sign_object({"at": at})
    return f"{path}?{urlencode({'limit': limit, 'cursor': cursor})}"


def _signer(request: HttpRequest) -> Signer:
    filters = sorted((k, v) for k, v in request.GET.items() if k not in {"cursor", "limit"})
    return _salted(request.path_info, urlencode(filters))


def _salted(path: str, filters: str) -> Signer:
    return Signer(sep=_SEPARATOR, salt=f"cursor:{path}?{filters}")
