"""Two servers on this machine: the hub, and the storage that it sends large files from."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from tests.hub import api, content
from tests.hub.answers import Answer
from tests.hub.repository import Repository, files_below

_POLL_SECONDS = 0.02


@dataclass
class Request:
    """One request, as it came and as it was answered.

    Attributes:
        path: unquoted, without the query.
        sent: bytes of the body that went out.
    """

    method: str
    path: str
    query: dict[str, list[str]]
    token: str
    range: str
    body: bytes = b""
    status: int = 0
    sent: int = 0
    on_storage: bool = False


@dataclass
class Fault:
    """What goes wrong with the next downloads of a file.

    Attributes:
        after: bytes after which the connection drops, None: it doesn't.
        flip: whether the bytes come out wrong.
        extra: bytes that come after the file's own.
        pause: seconds to wait before each chunk of the body.
        status: an error to answer with, 0: none.
        whole: whether a range that was asked for is ignored.
    """

    times: int = 1
    after: int | None = None
    flip: bool = False
    extra: bytes = b""
    pause: float = 0.0
    status: int = 0
    whole: bool = False


@dataclass
class Hub:
    """A hub and its state; `endpoint` is what `HF_ENDPOINT` would be.

    Attributes:
        page_size: entries in one page of a listing; the real hub's is 1,000.
        faults: with the end of a file's path; the first that fits and isn't used up counts.
        down: an error that the API answers everything with, 0: none.
        delay: seconds before each answer of the API.
        revoked: tokens that the hub doesn't know any more.
        portal: whether a login page answers everything, as networks in hotels do.
        requests: everything that was asked, in order.
    """

    endpoint: str = ""
    storage: str = ""
    page_size: int = 1000
    down: int = 0
    delay: float = 0.0
    portal: bool = False
    revoked: set[str] = field(default_factory=set)
    repositories: dict[tuple[str, str], Repository] = field(default_factory=dict)
    renamed: dict[tuple[str, str], str] = field(default_factory=dict)
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def add_model(self, name: str, files: dict[str, bytes] | Path, *, branch: str = "main") -> str:
        """Commit these files to a model, which is made if need be, and return the commit."""
        return self._add("models", name, files, branch)

    def add_dataset(
        self, name: str, files: dict[str, bytes] | Path, *, branch: str = "main"
    ) -> str:
        """Commit these files to a dataset, which is made if need be, and return the commit."""
        return self._add("datasets", name, files, branch)

    def _add(self, kind: str, name: str, files: dict[str, bytes] | Path, branch: str) -> str:
        found = self.repositories.setdefault((kind, name), Repository(kind, name))
        read = files_below(files) if isinstance(files, Path) else files
        return found.commit(read, branch)

    def model(self, name: str) -> Repository:
        return self.repositories["models", name]

    def dataset(self, name: str) -> Repository:
        return self.repositories["datasets", name]

    def move(self, name: str, branch: str, commit: str) -> None:
        """Let a model's branch stand at another commit."""
        self.model(name).branches[branch] = commit

    def tag(self, name: str, tag: str, commit: str) -> None:
        self.model(name).tags[tag] = commit

    def rename(self, old: str, new: str) -> None:
        """Rename a model; its old name leads to the new one."""
        found = self.repositories.pop(("models", old))
        found.name = new
        self.repositories["models", new] = found
        self.renamed["models", old] = new

    def gate(self, name: str, *, token: str, kind: str = "models", how: str = "manual") -> None:
        """Let only those with this token read a repository's files."""
        self.repositories[kind, name].gated = how
        self.repositories[kind, name].tokens.add(token)

    def hide(self, name: str, *, token: str, kind: str = "models") -> None:
        """Make a repository private."""
        self.repositories[kind, name].private = True
        self.repositories[kind, name].tokens.add(token)

    def promise(self, name: str, path: str, size: int) -> None:
        """Give another size for a file than it has, in every commit."""
        for files in self.model(name).commits.values():
            if path in files:
                files[path] = replace(files[path], promised=size)

    def fault(self, path: str, **how: object) -> Fault:
        """Spoil the next downloads of the file whose path ends so."""
        fault = Fault(**how)  # type: ignore[arg-type]
        self.faults.append((path, fault))
        return fault

    def sent(self, path: str) -> int:
        """Count the bytes that went out of the file whose path ends so."""
        downloads = [r for r in self.requests if r.method == "GET" and r.path.endswith(path)]
        return sum(request.sent for request in downloads if request.status in {200, 206})

    def answer(self, request: Request) -> Answer:
        """Answer a request to the hub itself."""
        time.sleep(self.delay)
        if self.down:
            return Answer.error(self.down, "", "The hub is down.")
        if request.token in self.revoked:
            return Answer.error(401, "", "Invalid credentials in Authorization header")
        if self.portal:
            return Answer(200, {"Content-Type": "text/html"}, b"<!doctype html>")
        if request.path.startswith("/api/") and not request.path.startswith("/api/resolve-cache/"):
            return api.answer(self, request)
        return content.answer(self, request)

    def answer_storage(self, request: Request) -> Answer:
        """Answer a request to the storage of large files."""
        request.on_storage = True
        return content.stored(self, request)


@contextmanager
def running() -> Iterator[Hub]:
    """Start a hub; it stops at the end, whatever still hangs on it."""
    hub = Hub()
    main, storage = _server(hub, hub.answer), _server(hub, hub.answer_storage)
    hub.endpoint = f"http://127.0.0.1:{main.server_port}"
    hub.storage = f"http://127.0.0.1:{storage.server_port}"
    threads = [
        threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
        for server in (main, storage)
    ]
    for thread in threads:
        thread.start()
    try:
        yield hub
    finally:
        for server in (main, storage):
            server.shutdown()
            server.server_close()


def _server(hub: Hub, answer: Callable[[Request], Answer]) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            request = Request(
                method=self.command,
                path=unquote(parts.path),
                query=parse_qs(parts.query),
                token=self.headers.get("Authorization", "").removeprefix("Bearer "),
                range=self.headers.get("Range", ""),
                body=self.rfile.read(int(self.headers.get("Content-Length", 0))),
            )
            hub.requests.append(request)
            answered = answer(request)
            request.status = answered.status
            self._send(request, answered)

        do_GET = do_HEAD = do_POST = handle_any  # noqa: N815  http.server's names

        def _send(self, request: Request, answered: Answer) -> None:
            self.send_response(answered.status)
            for name, value in answered.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(answered.length))
            # One connection a request: none is left open when the server stops.
            self.send_header("Connection", "close")
            self.close_connection = True
            self.end_headers()
            if request.method == "HEAD":
                return
            try:
                for chunk in answered.chunks():
                    self.wfile.write(chunk)
                    request.sent += len(chunk)
            except OSError:
                pass  # the client left

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
            """Keep quiet; `Hub.requests` has it all."""

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)
