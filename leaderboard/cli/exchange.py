"""One question to a site and its answer, bounded in bytes and in time."""

import asyncio
from dataclasses import dataclass, field
from functools import cache
from ssl import SSLContext
from typing import Any

import httpx

from evaluations.errors import AssayError
from leaderboard.cli.addresses import is_this_machine

_MOST_BYTES = 8 * 2**20
_SILENCE_SECONDS = 30.0
#: For the whole answer: a byte now and then would never run into the limit for silence.
_DEADLINE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked; the token is in `headers`, and nothing prints those."""

    method: str
    url: str
    headers: dict[str, str] = field(repr=False)
    body: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a site answered, whatever it is worth."""

    status: int
    headers: httpx.Headers
    content: bytes


def exchange(question: Question) -> Answer:
    """Ask once. No redirect is followed: it would take the token to where it points.

    Raises:
        httpx.TransportError: if the site can't be reached, or says nothing for too long.
        TimeoutError: if it doesn't come to an end.
        AssayError: if the answer is too large or packed.
    """
    return asyncio.run(_exchange(question))


async def _exchange(question: Question) -> Answer:
    # A proxy that the environment names is for other machines, and would be told the token.
    environment = not is_this_machine(question.url)
    async with (
        asyncio.timeout(_DEADLINE_SECONDS),
        httpx.AsyncClient(
            timeout=_SILENCE_SECONDS, trust_env=environment, verify=_certificates()
        ) as client,
        client.stream(
            question.method,
            question.url,
            json=question.body,
            headers=question.headers | {"Accept-Encoding": "identity"},
            follow_redirects=False,
        ) as response,
    ):
        return Answer(response.status_code, response.headers, await _content(response))


@cache
def _certificates() -> SSLContext:
    """Read the certificates that are trusted once: waiting asks many times."""
    return httpx.create_ssl_context()


async def _content(response: httpx.Response) -> bytes:
    # A few packed bytes may hold gigabytes, so none were asked for and none are unpacked.
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise AssayError("bad_answer", "The site's answer is packed, which was not asked for.")
    content = bytearray()
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > _MOST_BYTES:
            raise AssayError("too_large", f"The site's answer has more than {_MOST_BYTES} bytes.")
    return bytes(content)
