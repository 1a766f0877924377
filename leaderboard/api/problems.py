"""Errors as problem+json (RFC 9457), each with a stable code."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from evaluations.errors import AssayError

_STATUS = {
    "not_found": HTTPStatus.NOT_FOUND,
    "board_not_found": HTTPStatus.NOT_FOUND,
    "result_not_found": HTTPStatus.NOT_FOUND,
    "submission_not_found": HTTPStatus.NOT_FOUND,
    "licence_forbids": HTTPStatus.FORBIDDEN,
    "artefact_missing": HTTPStatus.SERVICE_UNAVAILABLE,
    "invalid_request": HTTPStatus.UNPROCESSABLE_ENTITY,
    "internal_error": HTTPStatus.INTERNAL_SERVER_ERROR,
}


def problem(error: AssayError, status: HTTPStatus | None = None) -> HttpResponse:
    """Return an error as problem+json; a code without a status of its own is a bad request."""
    status = status or _STATUS.get(error.code, HTTPStatus.BAD_REQUEST)
    body = {
        "type": f"urn:assay:problem:{error.code}",
        "title": status.phrase,
        "status": status.value,
        "detail": error.detail,
        "code": str(error.code),
        "hint": error.hint,
    }
    return JsonResponse(body, status=status, content_type="application/problem+json")


def install(api: NinjaAPI) -> None:
    """Make an API answer every error this way."""
    api.add_exception_handler(AssayError, _assay_error)
    api.add_exception_handler(ValidationError, _validation_error)
    api.add_exception_handler(HttpError, _http_error)


def _assay_error(request: HttpRequest, error: AssayError | type[AssayError]) -> HttpResponse:
    assert isinstance(error, AssayError)  # noqa: S101  Ninja's signature is wider than its calls
    return problem(error)


def _validation_error(
    request: HttpRequest, error: ValidationError | type[ValidationError]
) -> HttpResponse:
    first = error.errors[0] if isinstance(error, ValidationError) and error.errors else {}
    where = ".".join(str(part) for part in first.get("loc", ())[1:])
    detail = f"{where}: {first.get('msg', 'not what is expected here')}."
    return problem(AssayError("invalid_request", detail, "See /api/v1/openapi.json."))


def _http_error(request: HttpRequest, error: HttpError | type[HttpError]) -> HttpResponse:
    status = HTTPStatus(error.status_code) if isinstance(error, HttpError) else None
    code = status.name.lower() if status else "internal_error"
    return problem(AssayError(code, str(error)), status)
