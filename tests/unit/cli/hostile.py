"""A site on this machine that answers as it is told, well or badly, and keeps what was asked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """An answer; `content` is JSON, text, bytes, or pieces that are sent one by one."""

    content: Any = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


#: What follows the request line, written by hand: for answers that are no good HTTP.
Raw = Callable[[Any], None]


class HostileSite:
    """Answers each request with the next reply for its path; the last one stays."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.asked: list[Asked] = []
        self._replies: dict[str, list[Reply | Raw]] = {}

    def answers(self, path: str, *replies: Reply | Raw) -> None:
        self._replies[f"/api/v1/{path}"] = list(replies)

    def next_reply(self, path: str) -> Reply | Raw:
        plain = path.partition("?")[0]
        replies = self._replies.get(path) or self._replies.get(plain)
        if replies is None:
            return Reply({"code": "not_found", "detail": "There is no such page."}, 404)
        return replies.pop(0) if len(replies) > 1 else replies[0]

    def paths(self) -> list[str]:
        return [one.path.removeprefix("/api/v1/") for one in self.asked]


class _Handler(BaseHTTPRequestHandler):
    site: HostileSite

    def answer(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size)
        self.site.asked.append(Asked(self.command, self.path, dict(self.headers), body))
        reply = self.site.next_reply(self.path)
        try:
            if isinstance(reply, Reply):
                self._send(reply)
            else:
                reply(self)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client had enough

    do_GET = do_POST = answer  # noqa: N815  the server's own spelling

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        for piece in _pieces(reply.content):
            self.wfile.write(piece)

    def log_message(self, *_: Any) -> None:
        pass


def _pieces(content: Any) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
    elif isinstance(content, str):
        yield content.encode()
    elif isinstance(content, dict | list):
        yield json.dumps(content).encode()
    else:
        yield from content


@contextmanager
def serving() -> Iterator[HostileSite]:
    """Serve a site that has nothing yet."""

    class Handler(_Handler):
        pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Handler.site = site = HostileSite(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02))
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
