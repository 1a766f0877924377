"""A site to measure: PostgreSQL, Redis, a migrated database, and worker processes on demand."""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import django
import psutil

from leaderboard import supervisor
from tests import servers

_POLL_SECONDS = 0.02
_QUIET_SECONDS, _QUIET_SHARE = 1.5, 0.1


@contextmanager
def site(**settings: str) -> Iterator[servers.Site]:
    """Make a site that this process belongs to as well: Django is set up in it."""
    with (
        tempfile.TemporaryDirectory(prefix="assay-bench-") as folder,
        servers.postgres() as database,
        servers.redis() as broker,
    ):
        environment = servers.site_environment(
            Path(folder), ASSAY_DATABASE_URL=database, ASSAY_BROKER_URL=broker, **settings
        )
        environment["DJANGO_SETTINGS_MODULE"] = "leaderboard.settings.production"
        made = servers.Site(Path(folder), environment)
        made.manage("migrate", "-v0")
        os.environ.update(environment)
        django.setup()
        yield made


def alone(var: Path) -> None:
    """Set Django up in this process with nothing but a state folder."""
    os.environ.update(servers.site_environment(var))
    os.environ["DJANGO_SETTINGS_MODULE"] = "leaderboard.settings.production"
    django.setup()


@contextmanager
def worker(
    site: servers.Site,
    number: int = 1,
    *,
    app: str = "leaderboard",
    settings: dict[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Celery worker as `manage.py serve` does, and wait until it hears rings.

    Args:
        site: which it works for.
        number: tells it from others.
        app: Celery's.
        settings: of this worker alone.
    """
    [program] = [
        program
        for program in supervisor.site_programs("127.0.0.1", 0, workers=number)
        if program.name == f"worker-{number}"
    ]
    argv = [app if word == "leaderboard" else word for word in program.argv]
    log = site.var / f"worker-{number}.log"
    log.unlink(missing_ok=True)
    process = supervisor.launch(argv, log=log, environment=site.environment | (settings or {}))
    try:
        wait(lambda: " ready." in log.read_text(errors="replace"), process, log)
        yield process
    finally:
        supervisor.end([process])


def wait(
    condition: Callable[[], object],
    process: subprocess.Popen[bytes],
    log: Path,
    *,
    seconds: float = 180,
) -> float:
    """Wait until something is so and return the moment, by the monotonic clock.

    Raises:
        RuntimeError: if the worker ended before, or it takes too long; with its log's end.
    """
    end = time.monotonic() + seconds
    while not condition():
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"The worker did not do it:\n{log.read_text()[-3000:]}")
        time.sleep(_POLL_SECONDS)
    return time.monotonic()


def wait_until_warm(process: subprocess.Popen[bytes], *, seconds: float = 120) -> None:
    """Wait until a worker's spare runner has its imports behind it: it is there, and idle."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        before = _busy(process.pid)
        time.sleep(_QUIET_SECONDS)
        after = _busy(process.pid)
        # Its worker, perhaps bubblewrap and setpriv, and the runner.
        if len(after) > 1 and _grown(before, after) < _QUIET_SECONDS * _QUIET_SHARE:
            return
    raise RuntimeError("No worker was ever idle with a spare runner.")


def _busy(pid: int) -> dict[int, float]:
    root = psutil.Process(pid)
    seconds = {}
    for process in (root, *root.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        seconds[process.pid] = times.user + times.system
    return seconds


def _grown(before: dict[int, float], after: dict[int, float]) -> float:
    return sum(spent - before.get(pid, 0.0) for pid, spent in after.items())
