"""A site served as in production: gunicorn, stored pages, static files collected and compressed."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from leaderboard import supervisor
from tests.performance import sites
from tests.servers import free_port


@contextmanager
def served(var: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Run what `manage.py serve` runs for the web, alone, and yield its address."""
    port = free_port()
    [web] = [
        program
        for program in supervisor.site_programs("127.0.0.1", port, workers=1)
        if program.name == "web"
    ]
    log = var / "web.log"
    process = supervisor.launch(web.argv, log=log, environment=environment)
    try:
        sites.wait(lambda: _answers(port), process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        supervisor.end([process])


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
