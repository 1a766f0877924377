"""What is said when a page or an address of the API isn't there, or the site is at fault."""

import sys
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views import defaults

from evaluations.errors import AssayError
from leaderboard.api.problems import problem

_API = "/api/"
#: A database that is away, that ends a statement for its length, or has no connection left.
_DATABASE = (OperationalError, InterfaceError)
_WAIT_SECONDS = 10


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400, such as for a host that isn't this site's."""
    if request.path_info.startswith(_API):
        detail = "The request is malformed, or names a host that is not this site."
        return problem(AssayError("bad_request", detail, "See /api/v1/openapi.json."))
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404: a page to people, a problem to programs."""
    if request.path.startswith(_API):
        detail = f"There is nothing at {request.path}."
        return problem(AssayError("not_found", detail, "See /api/v1/openapi.json."))
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 for the database's sake, without touching what may be away."""
    if isinstance(sys.exception(), _DATABASE):
        return _unavailable(request)
    if request.path.startswith(_API):
        detail = "The site made a mistake; it is in the operator's log."
        return problem(AssayError("internal_error", detail, "Try again in a minute."))
    return defaults.server_error(request)


def _unavailable(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(_API):
        detail = "The site's database is away or too busy."
        response = problem(AssayError("database_unavailable", detail, "Try again in a minute."))
    else:
        response = defaults.server_error(request, "503.html")
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    response.headers["Retry-After"] = str(_WAIT_SECONDS)
    return response
