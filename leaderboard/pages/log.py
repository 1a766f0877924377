"""The log as static files (C2SP tlog-tiles), its key, and the versions of the root of trust."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_safe

from evaluations.provenance.canonical import sha256_hex
from evaluations.queries import evidence, log

_YEAR = 31_536_000
_TEXT, _BYTES, _JSON = "text/plain; charset=utf-8", "application/octet-stream", "application/json"


@require_safe
def checkpoint(request: HttpRequest) -> HttpResponseBase:
    """Send the newest signed checkpoint; a cache asks each time whether there is a newer one."""
    newest = log.latest()
    if newest is None:
        raise Http404("Nothing is logged yet.")
    return _file(request, newest.note.encode(), _TEXT, lasting=False)


@require_safe
def tile(request: HttpRequest, path: str) -> HttpResponseBase:
    """Send a tile or a bundle of entries, which never changes."""
    try:
        data = log.read(f"tile/{path}")
    except LookupError:
        raise Http404("The log has no such tile.") from None
    return _file(request, data, _BYTES, lasting=True)


@require_safe
def vkey(request: HttpRequest) -> HttpResponseBase:
    """Send the log's verifier key."""
    return _file(request, _there(evidence.log_vkey()), _TEXT, lasting=False)


@require_safe
def root(request: HttpRequest, version: int) -> HttpResponseBase:
    """Send a version of the root of trust, which never changes."""
    return _file(request, _there(log.roots().get(version, b"")), _JSON, lasting=True)


def _there(data: bytes) -> bytes:
    if not data:
        raise Http404("There is no such key or root.")
    return data


def _file(
    request: HttpRequest, data: bytes, content_type: str, *, lasting: bool
) -> HttpResponseBase:
    etag = f'"{sha256_hex(data)[:32]}"'
    response = HttpResponse(data, content_type=content_type, headers={"ETag": etag})
    if lasting:
        patch_cache_control(response, public=True, max_age=_YEAR, immutable=True)
    else:
        patch_cache_control(response, public=True, no_cache=True)
    # Checking a log is for programs on other sites' pages too.
    response.headers["Access-Control-Allow-Origin"] = "*"
    return get_conditional_response(request, etag=etag, response=response) or response
