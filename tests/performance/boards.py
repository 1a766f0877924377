"""How fast boards are served: stored pages over HTTP, and views of ten thousand models."""

import os
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast
from urllib.parse import urlencode

from leaderboard import supervisor
from tests.performance import sites
from tests.performance.figures import Budget, Report
from tests.servers import free_port

#: What others were measured at with 500 rows: Codabench, EvalAI and DMOJ, requests a second.
_OTHERS = 24
_CONNECTIONS = 16
_SECONDS = 2.0
_VIEWS = (
    {"q": "plover", "sort": "task3", "type": "chat"},
    {"q": "osier @size:<2B; larch", "sort": "size", "page": "2"},
    {"q": "/-v1.*9$/", "licence": "mit"},
    {"licence": "mit", "sort": "task5", "order": "asc"},
    {"least": "500M", "most": "3B", "sort": "model"},
)


def measure(budget: Budget) -> Report:
    """Ask two gunicorn workers for a board of 500 rows, and this process for views of 10,000."""
    report = Report("boards: 500 rows x 6 over HTTP; views of 10,000 models x 8 in one process")
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        var = Path(folder)
        sites.alone(var)
        _fill()
        with _served(var) as port:
            _over_http(report, port, budget)
        _in_process(report)
    report.notes.append(
        f"The requests come from one process on the same two cores, over {_CONNECTIONS} open "
        f"connections. Others were measured at 2.8 to {_OTHERS} requests a second."
    )
    return report


def _fill() -> None:
    from django.core.management import call_command

    from tests import factories, many

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    small = factories.make_board("small", benchmarks=tuple(f"task{n}" for n in range(6)))
    many.fill(small, 500)
    large = factories.make_board("large", benchmarks=tuple(f"task{n}" for n in range(8)))
    many.fill(large, 10_000, seed=1)


@contextmanager
def _served(var: Path) -> Iterator[int]:
    port = free_port()
    argv = [
        sys.executable, "-m", "gunicorn", "leaderboard.wsgi", "--bind", f"127.0.0.1:{port}",
        "--workers", "2", "--worker-class", "gthread", "--threads", "4", "--keep-alive", "30",
        "--no-control-socket",
    ]  # fmt: skip
    log = var / "web.log"
    process = supervisor.launch(argv, log=log, environment=dict(os.environ))
    try:
        sites.wait(lambda: _answers(port), process, log)
        yield port
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    supervisor.end([process])


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False


def _over_http(report: Report, port: int, budget: Budget) -> None:
    page, etag = _ask(port, "/boards/small/"), ""
    for line in page.decode("latin-1").split("\r\n"):
        if line.lower().startswith("etag:"):
            etag = line.partition(":")[2].strip()
    kinds = {
        "JSON of the board": ("/boards/small.json", "", 2_000),
        "page of the board": ("/boards/small/", "", 3_000),
        "304 of the page": ("/boards/small/", f"If-None-Match: {etag}\r\n", 3_500),
    }
    rates: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in budget.rounds(5):
        for name, (path, header, _goal) in kinds.items():
            rates[name].append(_rate(port, path, header))
    for name, (_path, _header, goal) in kinds.items():
        rate = report.add(name, "requests/s", rates[name])
        report.compare(name, rate, goal=f">= {goal}", unit="requests/s")


def _request(path: str, header: str = "") -> bytes:
    text = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n{header}\r\n"
    return text.encode()


def _ask(port: int, path: str) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 30) as one:
        one.sendall(_request(path))
        return one.recv(1 << 16)


def _rate(port: int, path: str, header: str) -> float:
    """Return how many answers came a second."""
    request, done = _request(path, header), 0
    with selectors.DefaultSelector() as selector:
        waiting: dict[socket.socket, int] = {}
        for _ in range(_CONNECTIONS):
            one = socket.create_connection(("127.0.0.1", port), 30)
            one.sendall(request)
            selector.register(one, selectors.EVENT_READ)
            waiting[one] = 0
        began = time.perf_counter()
        while (now := time.perf_counter()) - began < _SECONDS:
            for key, _events in selector.select(1):
                one = cast(socket.socket, key.fileobj)
                waiting[one] -= len(got := one.recv(1 << 18))
                if not got:
                    raise RuntimeError("The server closed a connection.")
                if got.startswith(b"HTTP/1.1 "):
                    waiting[one] += _length(got)
                if waiting[one] <= 0:
                    done += 1
                    waiting[one] = 0
                    one.sendall(request)
        for one in waiting:
            one.close()
    return done / (now - began)


def _length(head: bytes) -> int:
    """Return how many bytes an answer has whose beginning this is."""
    status = head[9:12]
    if status not in {b"200", b"304"}:
        raise RuntimeError(head[:200].decode("latin-1"))
    end = head.index(b"\r\n\r\n") + 4
    at = head.find(b"Content-Length: ")
    body = int(head[at + 16 : head.index(b"\r\n", at)]) if 0 <= at < end and status == b"200" else 0
    return end + body


def _in_process(report: Report) -> None:
    from django.test import Client

    from leaderboard.boards import snapshot

    def spent(path: str) -> float:
        began = time.process_time()
        answer = client.get(path)
        taken = (time.process_time() - began) * 1000
        if answer.status_code != 200:
            raise RuntimeError(f"{path} gave {answer.status_code}.")
        return taken

    client = Client(headers={"host": "127.0.0.1"})
    spent("/methods/")  # templates and addresses are loaded once a process
    first = []
    for _ in range(5):
        snapshot.forget()
        # A query keeps it away from stored pages.
        first.append(spent("/boards/small/?per=100"))
    report.compare(
        "first view of 500 rows", report.add("first view of 500 rows", "ms of CPU", first),
        goal="<= 100", unit="ms",
    )  # fmt: skip
    spent("/boards/large/?per=100")
    views = [spent(f"/boards/large/?{urlencode(view)}") for _ in range(8) for view in _VIEWS]
    report.add("a filtered and sorted view of 10,000 models", "ms of CPU", views)
    worst = sorted(views)[int(0.95 * len(views))]
    report.compare("95th of 100 such views", worst, goal="<= 50", unit="ms")
