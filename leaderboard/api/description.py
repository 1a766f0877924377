"""The OpenAPI document: to what Ninja knows it adds problems, headers, files and tokens."""

from http import HTTPStatus
from typing import Any

from ninja import NinjaAPI

from leaderboard.api.problems import STATUSES

_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_TEXT = {"type": "string"}
_COMPONENT = {
    "title": "Problem",
    "description": "RFC 9457: `code` is stable, `detail` is this case, `hint` says how to go on.",
    "type": "object",
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "code": {"type": "string", "description": f"such as: {', '.join(STATUSES)}"},
        "hint": _TEXT,
        "field": {"type": "string", "description": "what of the request was refused"},
        "submission": {
            "type": "object",
            "description": "with `duplicate`: the submission that stands already",
            "properties": {"id": _TEXT, "url": _TEXT},
            "required": ["id", "url"],
        },
    },
    "required": ["type", "title", "status", "detail", "code", "hint"],
}
#: What operations answer that is no JSON.
_FILES = {
    "get_config": "text/yaml",
    "get_submission_log": "text/plain",
    "get_statement": "application/vnd.dsse.envelope.v1+json",
    "get_bundle": "application/x-tar",
    "get_model": "application/x-tar",
    "get_replication_bundle": "application/x-tar",
    "get_sample_table": "application/vnd.apache.parquet",
}
_DOWNLOADS = frozenset({"get_bundle", "get_model", "get_replication_bundle", "get_sample_table"})
#: Whose body is a file: it is its own key, and is not kept to be compared with a second one.
_UPLOADS = frozenset({"submit_replication"})
#: Operations that take a token but answer without one too.
_MAY_TAKE_TOKEN = frozenset({"list_submissions"})
_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "1 to 64 visible characters; the same request with the same key is done once",
    "required": False,
    "schema": {"type": "string", "pattern": "^[!-~]{1,64}$"},
}


_RANGE = {
    "in": "header",
    "name": "Range",
    "description": "a single range; anything else is left aside",
    "required": False,
    "schema": {"type": "string", "pattern": "^bytes=[0-9]{0,15}-[0-9]{0,15}$"},
}


class DescribedAPI(NinjaAPI):
    """Ninja's API with a document that tells every answer."""

    def get_openapi_schema(self, **options: Any) -> Any:
        """Return the document."""
        schema = super().get_openapi_schema(**options)
        schema["components"].setdefault("schemas", {})["Problem"] = _COMPONENT
        for path, methods in schema["paths"].items():
            for method, operation in methods.items():
                # Ninja shares one dictionary between the methods of an operation.
                methods[method] = _described(path, method, dict(operation))
        return schema


def _described(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    name = operation["operationId"]
    if method == "head":
        operation["operationId"] = name.replace("get_", "head_")
    if method == "post" and name not in _UPLOADS:
        operation["parameters"] = [*operation["parameters"], _KEY]
    if name in _DOWNLOADS:
        operation["parameters"] = [*operation["parameters"], _RANGE]
    if name in _MAY_TAKE_TOKEN:
        operation["security"] = [{}, {"Token": []}]
    answers = dict(operation["responses"])
    _describe_files(name, method, answers)
    for status in _problems(path, method, name):
        answers[status.value] = _answer(status, with_body=method != "head")
    operation["responses"] = answers
    return operation


def _describe_files(name: str, method: str, answers: dict[Any, Any]) -> None:
    kind = _FILES.get(name)
    schema: dict[str, str] = (
        {"type": "object"} if name in {"get_config", "get_statement"} else _TEXT
    )
    if name in _DOWNLOADS:
        schema = {"type": "string", "format": "binary"}
    content = {"content": {kind: {"schema": schema}}} if kind and method == "get" else {}
    if content:
        answers[200] = answers[200] | content
    if name in _DOWNLOADS:
        answers[206] = {"description": "The part that `Range` asked for"} | content
    if method == "get":
        answers[304] = {"description": "As it was when the reader's `ETag` was given"}
    if 201 in answers:  # noqa: PLR2004
        place = {"description": "where it is", "schema": _TEXT}
        answers[201] = answers[201] | {"headers": {"Location": place}}


def _problems(path: str, method: str, name: str) -> list[HTTPStatus]:
    """Return which problems an operation may answer."""
    found = [HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS]
    found += [HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.REQUEST_ENTITY_TOO_LARGE]
    found.append(HTTPStatus.SERVICE_UNAVAILABLE)
    if "{" in path or name == "get_checkpoint":
        found.append(HTTPStatus.NOT_FOUND)
    if method == "post":
        found += [HTTPStatus.CONFLICT]
    if method == "post" or name in {"get_me", "get_model", "list_submissions"}:
        found.append(HTTPStatus.FORBIDDEN)
    if name in _DOWNLOADS:
        found.append(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
    return sorted(found)


def _answer(status: HTTPStatus, *, with_body: bool) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": status.phrase}
    if with_body:
        answer["content"] = {"application/problem+json": {"schema": _PROBLEM}}
    if status == HTTPStatus.UNAUTHORIZED:
        answer["headers"] = {"WWW-Authenticate": {"schema": _TEXT}}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = {"description": "seconds to wait", "schema": {"type": "integer"}}
        answer["headers"] = {"Retry-After": wait}
    return answer
