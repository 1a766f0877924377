"""What a reader or a cache may keep, and how it asks whether that is still true."""

import hashlib

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers

_OK = 200


def finished(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Return an answer with its validator, or 304 to who has it already.

    Downloads never change and have said so themselves.
    """
    if not isinstance(response, HttpResponse) or response.has_header("ETag"):
        return response
    patch_vary_headers(response, ["Authorization"])
    if request.method != "GET" or response.status_code != _OK:
        response.headers["Cache-Control"] = "no-store"
        return response
    # Kept, but asked about each time: standings and progress change at any moment.
    whose = "private" if "Authorization" in request.headers else "public"
    response.headers["Cache-Control"] = f"{whose}, no-cache"
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    response.headers["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response) or response
