"""What the worker and its runner say to each other: one JSON object per line, over pipes.

The worker writes calls to the runner's standard input; the runner writes events to a pipe of its
own, so that whatever a library prints goes to the log and never into the conversation.
"""

import errno
import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Call:
    """A step that the runner is asked to take, by name, with its arguments."""

    name: Literal["survey", "load", "plan", "answer", "score"]
    args: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """What the runner reports: `progress` any number of times, then `done` or `failed` once.

    Attributes:
        value: of `done`, the step's return value; of `progress`, documents answered so far.
        code: of `failed`, a `FailureCode`.
        detail: of `failed`, one sentence about this case.
        error_number: of `failed`, the operating system's error number where there was one.
    """

    kind: Literal["progress", "done", "failed"]
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
    """Parse a line that the runner wrote."""
    return Event(**json.loads(line))
