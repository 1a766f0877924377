"""What every request of the API passes through: limits, token, size, repetition, validators."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from evaluations.errors import AssayError
from evaluations.provenance.replication.archive import MOST_BYTES
from leaderboard.api import conditional, limits
from leaderboard.api.access import identify
from leaderboard.api.idempotency import once
from leaderboard.api.problems import problem

_API = "/api/"
#: No request of this API needs more than a few kilobytes.
_MOST_BYTES = 64 << 10
#: But for files that are sent in; the most that one has is said where it is read.
_UPLOAD = re.compile(r"/api/v1/results/[^/]+/replications")
_NOT_ALLOWED = 405


class ApiMiddleware:
    """Stands around the API and leaves pages alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the next step of the chain."""
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request."""
        if not request.path_info.startswith(_API):
            return self._get_response(request)
        refusal = _refusal(request)
        allowance = limits.spend(request)
        try:
            if allowance:
                allowance.check()
            if refusal:
                raise refusal
            response = self._said(self._answered(request))
        except AssayError as error:
            response = problem(error)
        response = conditional.finished(request, response)
        if allowance:
            allowance.mark(response)
        return response

    def _answered(self, request: HttpRequest) -> HttpResponseBase:
        if request.method == "POST" and _UPLOAD.fullmatch(request.path_info):
            # A file is read by pieces, and sent twice it is one by its own digest.
            _check_size(request, MOST_BYTES)
            return self._get_response(request)
        _check_size(request, _MOST_BYTES)
        return once(request, self._get_response)

    def _said(self, response: HttpResponseBase) -> HttpResponseBase:
        """Return an answer; Ninja says in plain text that a method is not offered."""
        if response.status_code != _NOT_ALLOWED:
            return response
        allowed = response.headers.get("Allow", "")
        said = problem(
            AssayError(
                "method_not_allowed",
                f"This address takes {allowed or 'other methods'} only.",
                "See /api/v1/openapi.json.",
            )
        )
        said.headers["Allow"] = allowed
        return said


def _refusal(request: HttpRequest) -> AssayError | None:
    """Find the request's token; return why it is no good, to be said once it was counted."""
    try:
        identify(request)
    except AssayError as error:
        return error
    return None


def _check_size(request: HttpRequest, most: int) -> None:
    # Django reads no more than the header promises.
    size = request.META.get("CONTENT_LENGTH") or "0"
    if size.isdecimal() and int(size) > most:
        raise AssayError(
            "request_too_large",
            f"The request has {size} bytes; the most is {most}.",
            "See /api/v1/openapi.json for what a request may say.",
        )
