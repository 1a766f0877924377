"""Pages that are made once and kept: bytes, gzip, validators and all their headers.

Standings change when something is published, not when somebody looks. So the first look at a board
makes a page, and until the board changes everybody else gets the same bytes, from the first step of
the chain of middleware. Kept pages are keyed by address and language, and hold nothing of a user:
who has a session gets a page made for them.
"""

import gzip
import hashlib
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.utils.cache import patch_vary_headers
from django.utils.http import http_date
from django.utils.translation import get_language_from_request

from evaluations.models import BoardState
from evaluations.queries.standings import Standings

#: A change is seen at most so late.
_LOOK_SECONDS = 0.25
#: Pages that a process keeps, and bytes of them all.
_MOST, _MOST_BYTES = 2_000, 128 << 20
_KEPT = "_kept_for"
#: Headers of an answer without its bytes.
_LASTING = ("Vary", "Cache-Control", "Last-Modified")
#: A weight of nothing is a refusal (RFC 9110, 12.5.3).
_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))")
_Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class _Kept:
    board: str
    version: str
    etag: str
    headers: Mapping[str, str]
    plain: bytes
    zipped: bytes


def keep(response: HttpResponse, *, board: str, standings: Standings) -> HttpResponse:
    """Mark an answer as one that holds until its board changes, and date it.

    What a board without results says hangs on more than its results, so it is made each time.
    """
    # Or browsers would guess from the date for how long they need not ask again.
    response.headers["Cache-Control"] = "private, no-cache"
    if standings.version and standings.changed_at and standings.sections:
        setattr(response, _KEPT, (board, standings.version))
        response.headers["Last-Modified"] = http_date(standings.changed_at.timestamp())
    return response


class StoredPagesMiddleware:
    """Answers with kept pages; the outermost, so that they hold the headers of all others."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the next step of the chain."""
        self._get_response = get_response
        self._pages: OrderedDict[_Key, _Kept] = OrderedDict()
        self._size = 0
        self._versions: dict[str, str] = {}
        self._looked = float("-inf")
        self._lock = threading.Lock()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request."""
        if not _is_for_all(request):
            return self._get_response(request)
        key = _key(request)
        kept = self._pages.get(key)
        if kept is not None and self._version(kept.board) == kept.version:
            return _answer(request, kept)
        response = self._get_response(request)
        made = _made(response)
        if made is None:
            return response
        self._keep(key, made)
        return _answer(request, made)

    def _version(self, board: str) -> str:
        now = time.monotonic()
        if now - self._looked > _LOOK_SECONDS:
            with self._lock:
                if now - self._looked > _LOOK_SECONDS:
                    self._versions = dict(BoardState.objects.values_list("board__slug", "version"))
                    self._looked = time.monotonic()
        return self._versions.get(board, "")

    def _keep(self, key: _Key, made: _Kept) -> None:
        with self._lock:
            if (old := self._pages.pop(key, None)) is not None:
                self._size -= _weight(old)
            self._pages[key] = made
            self._size += _weight(made)
            while len(self._pages) > _MOST or self._size > _MOST_BYTES:
                self._size -= _weight(self._pages.popitem(last=False)[1])


def _key(request: HttpRequest) -> _Key:
    """Return what a page differs by: feeds name their own address, and headers tell of HTTPS."""
    host = request.META.get("HTTP_HOST", "")
    return request.scheme or "", host, request.path_info, get_language_from_request(request)


def _is_for_all(request: HttpRequest) -> bool:
    """Whether the answer may be anybody's: no question, no session, no part of a page."""
    return (
        request.method in {"GET", "HEAD"}
        and not request.META.get("QUERY_STRING")
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
        and "messages" not in request.COOKIES
        and "HTTP_HX_TARGET" not in request.META
        and "HTTP_AUTHORIZATION" not in request.META
    )


def _made(response: HttpResponseBase) -> _Kept | None:
    """Return what to keep of an answer; None if it is not one to keep."""
    kept_for = getattr(response, _KEPT, None)
    # A cookie would be somebody's.
    if kept_for is None or not isinstance(response, HttpResponse) or response.cookies:
        return None
    board, version = kept_for
    plain = response.content
    etag = hashlib.sha256(plain).hexdigest()[:32]
    patch_vary_headers(response, ["Accept-Encoding", "Accept-Language", "Cookie"])
    response.headers["Cache-Control"] = "public, no-cache"
    del response.headers["Content-Length"]
    headers = dict(response.headers.items())
    # Weak: the same page has one validator, zipped or not. Made once, so it may take its time.
    return _Kept(board, version, f'W/"{etag}"', headers, plain, gzip.compress(plain, 9, mtime=0))


def _answer(request: HttpRequest, kept: _Kept) -> HttpResponse:
    if _has_it(request, kept):
        response: HttpResponse = HttpResponseNotModified()
        for name in _LASTING:
            response.headers[name] = kept.headers[name]
    else:
        zipped = _GZIP.search(request.META.get("HTTP_ACCEPT_ENCODING", "")) is not None
        body = kept.zipped if zipped else kept.plain
        response = HttpResponse(body if request.method == "GET" else b"")
        for name, value in kept.headers.items():
            response.headers[name] = value
        response.headers["Content-Length"] = str(len(body))
        if zipped:
            response.headers["Content-Encoding"] = "gzip"
    response.headers["ETag"] = kept.etag
    return response


def _has_it(request: HttpRequest, kept: _Kept) -> bool:
    """Whether the reader says that they have these bytes (RFC 9110, 13.2.2)."""
    if asked := request.META.get("HTTP_IF_NONE_MATCH"):
        return asked == "*" or kept.etag.removeprefix("W/") in asked
    return request.META.get("HTTP_IF_MODIFIED_SINCE") == kept.headers["Last-Modified"]


def _weight(kept: _Kept) -> int:
    return len(kept.plain) + len(kept.zipped)
