"""Asking this site's own pages, as a web server would, without one."""

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from django.core.handlers.wsgi import WSGIHandler

#: Tells templates that nobody answers forms where the page will lie; no header can set it.
MIRROR = "ASSAY_MIRROR"
_OK = "200 OK"


class Site:
    """The site as a stranger sees it who asks under an address.

    Args:
        address: the mirror's, such as `https://mirror.example/assay`, which links then have.
    """

    def __init__(self, address: str, language: str) -> None:
        """Load the site."""
        self._url, self._language = urlsplit(address), language
        self._handler = WSGIHandler()

    @contextmanager
    def ask(self, path: str) -> Iterator[Iterator[bytes] | None]:
        """Give the bytes at a path below the address, in pieces; None if nothing lies there."""
        statuses: list[str] = []

        def start(
            status: str, _headers: list[tuple[str, str]], _error: Any = None, /
        ) -> Callable[[bytes], object]:
            statuses.append(status)
            return len  # nobody writes that way here

        body: Iterable[bytes] = self._handler(self._environment(path), start)
        try:
            yield iter(body) if statuses == [_OK] else None
        finally:
            if hasattr(body, "close"):
                body.close()

    def _environment(self, path: str) -> dict[str, Any]:
        return {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": self._url.path.rstrip("/"),
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": self._url.hostname,
            "SERVER_PORT": str(self._url.port or (443 if self._url.scheme == "https" else 80)),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": self._url.netloc,
            "HTTP_ACCEPT_LANGUAGE": self._language,
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": self._url.scheme,
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            MIRROR: "1",
        }
