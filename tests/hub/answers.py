"""Answers as plain values, before they go out."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

_CHUNK = 1 << 16


@dataclass
class Answer:
    """A status, headers and a body.

    Attributes:
        stop: bytes of the body after which the connection drops, None: it doesn't.
        pause: seconds before each chunk.
        announced: the length that the header gives, None: the body's own.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    stop: int | None = None
    pause: float = 0.0
    announced: int | None = None

    @property
    def length(self) -> int:
        return len(self.body) if self.announced is None else self.announced

    @classmethod
    def json(cls, value: object, **headers: str) -> "Answer":
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        body = json.dumps(value).encode()
        return cls(200, {"Content-Type": "application/json; charset=utf-8"} | named, body)

    @classmethod
    def error(cls, status: int, code: str, message: str, **headers: str) -> "Answer":
        """Return an error as the hub words it: in two headers and as JSON."""
        answer = cls.json({"error": message}, **headers)
        answer.status = status
        answer.headers |= {"X-Error-Message": message} | ({"X-Error-Code": code} if code else {})
        return answer

    def chunks(self) -> Iterator[bytes]:
        """Yield the body, as far as it goes out."""
        body = self.body[: self.stop] if self.stop is not None else self.body
        for start in range(0, len(body), _CHUNK):
            time.sleep(self.pause)
            yield body[start : start + _CHUNK]
