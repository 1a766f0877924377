"""Reading a site's answers: what has to be there is asked for, what may be missing is not.

An answer may come from a newer site, or from a hostile one: a field of the wrong kind counts as
missing, and only what a command can't do without ends it.
"""

import math
from typing import Any

import orjson

from evaluations.errors import AssayError


def as_object(content: bytes) -> dict[str, Any]:
    """Return an answer as a JSON object.

    Raises:
        AssayError: `bad_answer`, if it is none.
    """
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise bad_answer("it is not a JSON object")
    return found


def bad_answer(reason: str) -> AssayError:
    """Return the error for an answer that is of no use."""
    return AssayError(
        "bad_answer",
        f"The site's answer can't be used: {reason}.",
        "Is the address that of an Assay site?",
    )


def text(found: dict[str, Any], key: str) -> str:
    """Return a text, empty if there is none."""
    value = found.get(key)
    return value if isinstance(value, str) else ""


def needed(found: dict[str, Any], key: str) -> str:
    """Return a text.

    Raises:
        AssayError: `bad_answer`, if there is none.
    """
    value = text(found, key)
    if not value:
        raise bad_answer(f"`{key}` is missing")
    return value


def number(found: dict[str, Any], key: str) -> float | None:
    """Return a finite number, or None."""
    value = found.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def whole(found: dict[str, Any], key: str) -> int | None:
    """Return a whole number of 0 or more, or None."""
    value = found.get(key)
    usable = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if usable else None


def inner(found: dict[str, Any], key: str) -> dict[str, Any]:
    """Return an object, empty if there is none."""
    value = found.get(key)
    return value if isinstance(value, dict) else {}


def objects(found: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Return a list of objects.

    Raises:
        AssayError: `bad_answer`, if it is none.
    """
    value = found.get(key)
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise bad_answer(f"`{key}` is not a list of objects")
    return value
