"""One file from a hub: resumed, never longer than promised, and given up when nothing comes."""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
from huggingface_hub import get_session
from huggingface_hub.utils import hf_raise_for_status  # type: ignore[attr-defined]

from evaluations.failures import FailureCode
from evaluations.hub import client
from evaluations.hub.errors import asking
from evaluations.model_files import Listed, refusal
from workers.model_cache import LeftError

_TIMEOUT = httpx2.Timeout(10.0)
#: Pauses after attempts that brought nothing; after the last one it is given up.
PAUSES = (1.0, 2.0, 4.0, 8.0)
#: A download is too slow when fewer bytes than these come within so many seconds.
LEAST_BYTES = 100_000
LEAST_SECONDS = 60.0
_PARTIAL_CONTENT, _RANGE_NOT_SATISFIABLE = 206, 416
#: Whatever else the hub says will not change by asking again.
_TRANSIENT = {408, 429, 500, 502, 503, 504, _RANGE_NOT_SATISFIABLE}


@dataclass
class Download:
    """A file that is being fetched.

    Attributes:
        name: of the model.
        target: where the bytes go; what lies there already came in an earlier attempt.
        left: set when nobody waits any more.
    """

    name: str
    commit: str
    file: Listed
    target: Path
    left: threading.Event
    _pace: "_Pace" = field(init=False)

    def run(self) -> None:
        """Fetch what is missing.

        Raises:
            AssayError: what the hub refuses, `download_timeout`, `hub_unavailable`, or
                `download_corrupt` if more bytes come than promised.
            LeftError: if nobody waits any more.
            OSError: if the disk is full.
        """
        self.target.parent.mkdir(parents=True, exist_ok=True)
        self._pace = _Pace(self.file.path)
        pauses = list(PAUSES)
        while (have := self._have()) < self.file.size or not self.target.exists():
            try:
                self._continue(have)
            except (httpx2.RequestError, ConnectionError, _TransientError) as error:
                if self._have() > have:
                    pauses = list(PAUSES)
                if not pauses:
                    raise self._given_up(error) from None
                if self.left.wait(pauses.pop(0)):
                    raise LeftError from None

    def _have(self) -> int:
        """Return how many bytes lie there; more than promised are none of this file."""
        size = self.target.stat().st_size if self.target.exists() else 0
        if size > self.file.size:
            self.target.unlink()
            return 0
        return size

    def _continue(self, have: int) -> None:
        wanted = client.headers(**({"Range": f"bytes={have}-"} if have else {}))
        url = client.file_url(self.name, self.commit, self.file.path)
        with get_session().stream("GET", url, headers=wanted, timeout=_TIMEOUT) as response:
            self._refuse(response)
            # A server that doesn't know ranges sends the file from its beginning.
            resumed = response.status_code == _PARTIAL_CONTENT
            if resumed and not _begins_at(response, have):
                raise _TransientError("another range than was asked for")
            with self.target.open("ab" if resumed else "wb") as target:
                had = have if resumed else 0
                for chunk in response.iter_raw():
                    had += len(chunk)
                    self._watch(had, len(chunk))
                    target.write(chunk)

    def _refuse(self, response: httpx2.Response) -> None:
        if response.status_code in _TRANSIENT:
            if response.status_code == _RANGE_NOT_SATISFIABLE:
                self.target.unlink(missing_ok=True)
            raise _TransientError(f"HTTP status {response.status_code}")
        with asking(self.name, self.commit):
            hf_raise_for_status(response)

    def _watch(self, had: int, more: int) -> None:
        if self.left.is_set():
            raise LeftError
        if had > self.file.size:
            self.target.unlink(missing_ok=True)
            raise refusal(
                FailureCode.DOWNLOAD_CORRUPT,
                f"{self.file.path} is longer than the {self.file.size} bytes that the hub lists.",
            )
        self._pace.add(more)

    def _given_up(self, error: Exception) -> Exception:
        if isinstance(error, _TransientError):
            return refusal(FailureCode.HUB_UNAVAILABLE, f"{self.file.path}: the hub sent {error}.")
        if isinstance(error, httpx2.ConnectError | ConnectionError):
            return refusal(FailureCode.HUB_UNAVAILABLE, "The hub can't be reached.")
        return refusal(
            FailureCode.DOWNLOAD_TIMEOUT,
            f"{self.file.path} stopped at {self._have()} of {self.file.size} bytes.",
        )


class _TransientError(Exception):
    """An answer that may be another one if asked again."""


def _begins_at(response: httpx2.Response, first: int) -> bool:
    return str(response.headers.get("Content-Range", "")).startswith(f"bytes {first}-")


class _Pace:
    """Whether bytes come fast enough to wait for the rest."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._since, self._came = time.monotonic(), 0

    def add(self, count: int) -> None:
        """Count bytes that came.

        Raises:
            AssayError: `download_timeout` if they are too few.
        """
        self._came += count
        now = time.monotonic()
        if now - self._since < LEAST_SECONDS:
            return
        if self._came < LEAST_BYTES:
            raise refusal(
                FailureCode.DOWNLOAD_TIMEOUT,
                f"Only {self._came} bytes of {self._path} came in {LEAST_SECONDS:.0f} s.",
            )
        self._since, self._came = now, 0
