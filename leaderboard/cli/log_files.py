"""The files of a log, from a folder or from a site: each by its path, within bounds."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

import httpx

from evaluations.errors import AssayError
from evaluations.provenance.log.tiles import Read
from leaderboard.cli.addresses import allowed, is_this_machine
from leaderboard.cli.client import SHORT
from leaderboard.cli.exits import IncompleteError
from leaderboard.cli.terminal import line, quoted, say

#: A bundle has 256 records of at most 2 KB.
_MOST_BYTES = 2**20
_TIMEOUT = httpx.Timeout(30.0)
_ADDRESSES = ("http://", "https://")
_NOT_THERE = (404, 410)
_PASSING = (408, 425, 429, 500, 502, 503, 504)
_OK = 200


@contextmanager
def files(source: str, *, insecure: bool) -> Iterator[Read]:
    """Open a log, given its address or the folder that it was copied to.

    What is yielded returns a file by its path, and raises LookupError if there is none,
    IncompleteError if it could not be fetched.

    Raises:
        AssayError: if the source is neither an address nor a folder.
    """
    if source.startswith(_ADDRESSES):
        site = allowed(source, insecure=insecure)
        with httpx.Client(timeout=_TIMEOUT, trust_env=not is_this_machine(site)) as client:
            yield _Site(site, client).read
        return
    folder = Path(source)
    try:
        there = folder.is_dir()
    except (OSError, ValueError):  # a name too long, or with a NUL
        there = False
    if not there:
        raise AssayError("no_such_source", f"{quoted(source)} is no folder and no address.")
    yield _Folder(folder).read


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: str) -> bytes:
        try:
            with (self._folder / path).open("rb") as file:
                return _bounded(path, file.read(_MOST_BYTES + 1))
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise LookupError(path) from None
        except OSError as error:
            raise IncompleteError("unreadable", f"{path} can't be read: {error}") from None


class _Site:
    def __init__(self, site: str, client: httpx.Client) -> None:
        self._site = site
        self._client = client

    def read(self, path: str) -> bytes:
        for pause in SHORT.pauses():
            try:
                return self._once(path)
            except IncompleteError as error:
                if pause is None:
                    raise
                say(f"{error.detail} Trying again in {pause:.0f} s.")
                sleep(pause)
        raise AssertionError  # the last pause is None

    def _once(self, path: str) -> bytes:
        url = f"{self._site}/{path}"
        # A few packed bytes may hold gigabytes, so none are asked for and none are unpacked.
        headers = {"Accept-Encoding": "identity"}
        try:
            with self._client.stream("GET", url, headers=headers) as response:
                return self._content(path, response)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            reason = line(error) or type(error).__name__
            raise IncompleteError(
                "site_unreachable", f"{url} could not be fetched: {reason}."
            ) from None

    def _content(self, path: str, response: httpx.Response) -> bytes:
        status = response.status_code
        if status in _NOT_THERE:
            raise LookupError(path)
        if status in _PASSING:
            raise IncompleteError("site_unreachable", f"{response.url} answered with {status}.")
        if status != _OK or response.headers.get("Content-Encoding", "identity") != "identity":
            raise AssayError(
                "bad_answer",
                f"{response.url} answered with {status} instead of the file as it is.",
                "Is the address that of an Assay site? Redirects are not followed.",
            )
        content = bytearray()
        for chunk in response.iter_raw():
            content += chunk
            if len(content) > _MOST_BYTES:
                break
        return _bounded(path, bytes(content))


def _bounded(path: str, content: bytes) -> bytes:
    if len(content) > _MOST_BYTES:
        raise AssayError("too_large", f"{path} has more than {_MOST_BYTES} bytes.")
    return content
