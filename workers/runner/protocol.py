"""What the worker and its runner say to each other: one JSON object per line, over pipes.

The worker writes calls to the runner's standard input; the runner writes events to a pipe of its
own, so that whatever a library prints goes to the log and never into the conversation.
"""

import errno
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, NoReturn

#: The longest event; a plan of hundreds of tasks has a tenth of it.
MOST_BYTES = 1 << 22
_KINDS = {"progress", "alive", "done", "failed"}
_MOST_DETAIL = 2000
#: What JavaScript and every database can count exactly.
_MOST = 2**53


class NonsenseError(Exception):
    """What the runner wrote is no event; whoever holds its pipe is not the runner as we know it."""


@dataclass(frozen=True, slots=True)
class Call:
    """A step that the runner is asked to take, by name, with its arguments."""

    name: Literal["begin", "survey", "describe", "load", "plan", "smoke", "answer", "score"]
    args: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """What the runner reports: `progress` and `alive` any number of times, then `done` or `failed`.

    Attributes:
        value: of `done`, the step's return value; of `progress`, pieces that are done so far.
        code: of `failed`, a `FailureCode`.
        detail: of `failed`, one sentence about this case.
        error_number: of `failed`, the operating system's error number where there was one.
    """

    kind: Literal["progress", "alive", "done", "failed"]
    value: Any = None
    code: str = ""
    detail: str = ""
    error_number: int | None = None

    @property
    def is_disk_full(self) -> bool:
        """Whether the runner's disk, or its share of it, was full."""
        return self.error_number in {errno.ENOSPC, errno.EDQUOT}


def encode(message: Call | Event) -> bytes:
    """Return a message as one line."""
    return json.dumps(asdict(message)).encode() + b"\n"


def decode_call(line: bytes) -> Call:
    """Parse a line that the worker wrote."""
    return Call(**json.loads(line))


def decode_event(line: bytes) -> Event:
    """Parse a line that came from the runner, which a hostile model may have taken over.

    Raises:
        NonsenseError: if it isn't an event, or holds text that no database would take.
    """
    try:
        told = json.loads(line, parse_constant=_refuse)
        event = Event(**told)
        # Lone surrogates can't be encoded.
        json.dumps(event.value, ensure_ascii=False).encode()
    # RecursionError: thousands of brackets; ValueError: no JSON, no UTF-8, a number without end.
    except (ValueError, TypeError, RecursionError) as error:
        raise NonsenseError(f"no event: {type(error).__name__}") from error
    if not _is_sound(event):
        raise NonsenseError("an event with impossible values")
    return replace(event, detail=_plain(event.detail))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _is_sound(event: Event) -> bool:
    if not isinstance(event.kind, str) or event.kind not in _KINDS:
        return False
    if event.kind == "progress" and not _is_count(event.value):
        return False
    if event.error_number is not None and not _is_count(event.error_number):
        return False
    return isinstance(event.code, str) and isinstance(event.detail, str) and not _has_nul(event)


def _is_count(value: object) -> bool:
    # True and False are integers to Python.
    return type(value) is int and 0 <= value <= _MOST


def _has_nul(event: Event) -> bool:
    """Whether a text holds NUL, which PostgreSQL refuses; an error's own words are cleaned."""
    return "\0" in event.code or any("\0" in text for text in _texts(event.value))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from (name, *_texts(item))


def _plain(text: str) -> str:
    """Return an error's own words, which may quote a model's files, as any database takes them."""
    return text[:_MOST_DETAIL].encode(errors="replace").decode().replace("\0", "")
