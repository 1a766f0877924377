"""Errors as problem+json (RFC 9457), each with a stable code."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from evaluations.errors import AssayError
from evaluations.models import Submission
from evaluations.services.submissions import RefusedError

STATUSES = {
    "bad_request": HTTPStatus.BAD_REQUEST,
    "token_required": HTTPStatus.UNAUTHORIZED,
    "token_invalid": HTTPStatus.UNAUTHORIZED,
    "scope_missing": HTTPStatus.FORBIDDEN,
    "not_yours": HTTPStatus.FORBIDDEN,
    "licence_forbids": HTTPStatus.FORBIDDEN,
    "task_withheld": HTTPStatus.FORBIDDEN,
    "not_found": HTTPStatus.NOT_FOUND,
    "benchmark_not_found": HTTPStatus.NOT_FOUND,
    "board_not_found": HTTPStatus.NOT_FOUND,
    "model_not_found": HTTPStatus.NOT_FOUND,
    "replication_not_found": HTTPStatus.NOT_FOUND,
    "result_not_found": HTTPStatus.NOT_FOUND,
    "submission_not_found": HTTPStatus.NOT_FOUND,
    "table_not_made": HTTPStatus.NOT_FOUND,
    "task_not_found": HTTPStatus.NOT_FOUND,
    "method_not_allowed": HTTPStatus.METHOD_NOT_ALLOWED,
    "already_ended": HTTPStatus.CONFLICT,
    "duplicate": HTTPStatus.CONFLICT,
    "not_ended": HTTPStatus.CONFLICT,
    "request_in_progress": HTTPStatus.CONFLICT,
    "request_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "range_not_satisfiable": HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    "cursor_invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "idempotency_key_reused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_request": HTTPStatus.UNPROCESSABLE_ENTITY,
    "comparison_differs": HTTPStatus.UNPROCESSABLE_ENTITY,
    "nothing_to_compare": HTTPStatus.UNPROCESSABLE_ENTITY,
    "other_result": HTTPStatus.UNPROCESSABLE_ENTITY,
    "replication_invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "rate_limited": HTTPStatus.TOO_MANY_REQUESTS,
    "too_many_open": HTTPStatus.TOO_MANY_REQUESTS,
    "internal_error": HTTPStatus.INTERNAL_SERVER_ERROR,
    "database_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "artefact_missing": HTTPStatus.SERVICE_UNAVAILABLE,
    "download_timeout": HTTPStatus.SERVICE_UNAVAILABLE,
    "hub_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "log_empty": HTTPStatus.NOT_FOUND,
    "not_signed": HTTPStatus.NOT_FOUND,
    "store_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
}
#: RFC 6750, section 3: what a client is told about its token.
_CHALLENGES = {
    "token_required": 'Bearer realm="assay"',
    "token_invalid": 'Bearer realm="assay", error="invalid_token"',
    "scope_missing": 'Bearer realm="assay", error="insufficient_scope"',
}


def problem(error: AssayError, status: HTTPStatus | None = None, **members: object) -> HttpResponse:
    """Return an error as problem+json.

    Args:
        error: what to say.
        status: by default the code's own; a code without one is a bad request.
        members: what else the problem tells.
    """
    status = status or STATUSES.get(error.code, HTTPStatus.BAD_REQUEST)
    body = {
        "type": f"urn:assay:problem:{error.code}",
        "title": status.phrase,
        "status": status.value,
        "detail": error.detail,
        "code": str(error.code),
        "hint": error.hint,
    }
    response = JsonResponse(body | members, status=status, content_type="application/problem+json")
    if error.code in _CHALLENGES:
        response.headers["WWW-Authenticate"] = _CHALLENGES[error.code]
    return response


def install(api: NinjaAPI) -> None:
    """Make an API answer every error this way."""
    api.add_exception_handler(AssayError, _assay_error)
    api.add_exception_handler(ValidationError, _validation_error)
    api.add_exception_handler(HttpError, _http_error)


def _assay_error(request: HttpRequest, error: AssayError | type[AssayError]) -> HttpResponse:
    assert isinstance(error, AssayError)  # noqa: S101  Ninja's signature is wider than its calls
    return _refused(request, error) if isinstance(error, RefusedError) else problem(error)


def _refused(request: HttpRequest, error: RefusedError) -> HttpResponse:
    """Tell why a submission was refused; what isn't there was named in the body, so no 404."""
    status = STATUSES.get(error.code, HTTPStatus.UNPROCESSABLE_ENTITY)
    if status == HTTPStatus.NOT_FOUND:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    members: dict[str, object] = {"field": error.field}
    if error.duplicate:
        members["submission"] = _reference(request, error.duplicate)
    return problem(error, status, **members)


def _reference(request: HttpRequest, submission: Submission) -> dict[str, str]:
    address = reverse("submission", args=[submission.public_id])
    return {"id": submission.public_id, "url": request.build_absolute_uri(address)}


def _validation_error(
    request: HttpRequest, error: ValidationError | type[ValidationError]
) -> HttpResponse:
    first = error.errors[0] if isinstance(error, ValidationError) and error.errors else {}
    # In the body comes the parameter's own name before the field's.
    inside = 2 if first.get("loc", ("",))[0] == "body" else 1
    where = ".".join(str(part) for part in first.get("loc", ())[inside:]) or "The request"
    detail = f"{where}: {first.get('msg', 'not what is expected here')}."
    return problem(AssayError("invalid_request", detail, "See /api/v1/openapi.json."))


def _http_error(request: HttpRequest, error: HttpError | type[HttpError]) -> HttpResponse:
    status = HTTPStatus(error.status_code) if isinstance(error, HttpError) else None
    if status == HTTPStatus.BAD_REQUEST:
        # Ninja's word for a body that is no JSON.
        detail = "The body is not JSON that can be read."
        return problem(AssayError("invalid_request", detail, "Send a JSON object in UTF-8."))
    code = status.name.lower() if status else "internal_error"
    return problem(AssayError(code, str(error)), status)
