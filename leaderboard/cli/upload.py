"""Sending a replication to a site."""

from collections.abc import Iterator
from pathlib import Path

import httpx

from evaluations.provenance.bundle import read_chunks
from leaderboard.cli.addresses import is_this_machine
from leaderboard.cli.answers import as_object, bad_answer, needed
from leaderboard.cli.exits import IncompleteError
from leaderboard.cli.problems import problem
from leaderboard.cli.terminal import line

_TIMEOUT = httpx.Timeout(30.0, read=300.0)
_ERROR, _REDIRECT = 400, 300
_MOST_ANSWER = 8 << 20


def send(archive: Path, *, site: str, result: str, secret: str) -> str:
    """Submit a replication, and return its address. The same one twice is one.

    Raises:
        AssayError: what the site refuses; `IncompleteError` if it can't be reached.
    """
    url = f"{site}/api/v1/results/{result}/replications"
    headers = {
        "Authorization": f"Bearer {secret}",
        "Content-Type": "application/octet-stream",
        "Content-Length": str(archive.stat().st_size),
        "Accept-Encoding": "identity",
    }
    try:
        with (
            httpx.Client(timeout=_TIMEOUT, trust_env=not is_this_machine(site)) as client,
            client.stream("POST", url, content=_pieces(archive), headers=headers) as response,
        ):
            status, content = response.status_code, _content(response)
    except httpx.HTTPError as error:
        reason = line(error) or type(error).__name__
        raise IncompleteError(
            "site_unreachable",
            f"{site} could not be reached ({reason}).",
            f"{archive} is whole; submit it again later.",
        ) from None
    if status >= _ERROR:
        raise problem(site, status, content)
    if status >= _REDIRECT:
        raise bad_answer("it leads elsewhere")
    return needed(as_object(content), "url")


def _pieces(archive: Path) -> Iterator[bytes]:
    yield from read_chunks(archive)


def _content(response: httpx.Response) -> bytes:
    content = bytearray()
    for chunk in response.iter_raw():
        content += chunk
        if len(content) > _MOST_ANSWER:
            raise bad_answer("it is too large")
    return bytes(content)
