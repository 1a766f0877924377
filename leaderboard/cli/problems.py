"""What a site's error means to the person who asked."""

from typing import Any

from evaluations.errors import AssayError
from leaderboard.cli.answers import as_object, inner, text
from leaderboard.cli.exits import IncompleteError, RefusedError

_REFUSED = {409, 422}
_TOO_MANY, _FAULT = 429, 500
#: Of a submission's fields, these name something that the person chose from a list.
_CHOSEN = {"board", "precision"}


def problem(site: str, status: int, content: bytes) -> AssayError:
    """Return the error that an answer of status 400 or more tells, whatever its body is."""
    told = _body(content)
    code = text(told, "code") or "refused"
    detail = text(told, "detail") or f"{site} answered with status {status}."
    hint = text(told, "hint")
    if status in _REFUSED and text(told, "field") not in {"", *_CHOSEN}:
        return _refused(code, detail, hint, told)
    if status == _TOO_MANY or status >= _FAULT or code == "request_in_progress":
        return IncompleteError(code, detail, hint)
    return AssayError(code, detail, hint)


def _refused(code: str, detail: str, hint: str, told: dict[str, Any]) -> RefusedError:
    standing = inner(told, "submission")
    if not text(standing, "id"):
        return RefusedError(code, detail, hint, field=text(told, "field"))
    address = text(standing, "url")
    return RefusedError(
        code,
        detail,
        f"{hint} {address}".strip(),
        field=text(told, "field"),
        submission={"id": text(standing, "id"), "url": address},
    )


def _body(content: bytes) -> dict[str, Any]:
    try:
        return as_object(content)
    except AssayError:  # a page of a proxy's, say; the status tells enough
        return {}
