"""What every test gets: no network, artefacts of its own, and a whole site for those that ask."""

import ipaddress
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import hypothesis
import psycopg
import pytest
from django.conf import settings as django_settings
from django.utils import translation
from psycopg import sql
from pytest_django import Settings

from tests.history import _flush_passes  # noqa: F401  a fixture
from tests.hub.fixture import hub  # noqa: F401  a fixture
from tests.servers import Site, other_database, redis, site_environment, stack

# Machines are noisy: no test fails for the time that it took.
hypothesis.settings.register_profile("assay", deadline=None)
hypothesis.settings.load_profile("assay")

#: What a test asks for when it touches the database or the broker.
_STACK_FIXTURES = {"db", "transactional_db", "live_server", "site"}


def pytest_configure() -> None:
    if stack() == "postgres" and "ASSAY_DATABASE_URL" not in os.environ:
        raise pytest.UsageError("ASSAY_TEST_STACK=postgres needs `pytest -p tests.servers`.")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL and Redis, leave out what would do the same as on SQLite; there, what can't."""
    chosen = [item for item in items if _belongs(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


def _belongs(item: pytest.Item) -> bool:
    if stack() == "sqlite":
        return item.get_closest_marker("postgres") is None
    return _touches_stack(item)


def _touches_stack(item: pytest.Item) -> bool:
    if item.get_closest_marker("engine") and not item.get_closest_marker("distributed"):
        # Their time goes into runners, which know of no database; whole sites run on both.
        return False
    asked = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(asked & _STACK_FIXTURES)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where nothing may be left out, fail for what was."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    left = f"{len(skipped)} tests, for the reasons below" if skipped else "nothing"
    terminalreporter.write_line(f"Left out on {stack()}: {left}.")


def pytest_unconfigure(config: pytest.Config) -> None:
    # The controller's, made by the settings for tests; xdist's workers share it.
    if not hasattr(config, "workerinput") and django_settings.VAR.name.startswith("assay-test-"):
        shutil.rmtree(django_settings.VAR, ignore_errors=True)


class NetworkBlockedError(Exception):
    """A test wanted to leave this machine. No OSError: code that forgives those would hide it."""


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """Leave no test the language of the last page that another one asked for."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True, scope="session")
def _this_machine_only() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        yield


def _guarded(connect: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family != socket.AF_UNIX and not _is_loopback(str(address[0])):
            raise NetworkBlockedError(f"A test wanted to reach {address}; only this machine is.")
        return connect(self, address)

    return guarded


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(autouse=True)
def _own_artefacts(tmp_path: Path, settings: Settings) -> None:
    settings.ASSAY_STORE_URL = (tmp_path / "artifacts").as_uri()
    settings.ASSAY_KEYS = tmp_path / "keys"


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Migrate one database for all sites; yields its file or, on PostgreSQL, its name."""
    var = tmp_path_factory.mktemp("migrated")
    if stack() == "sqlite":
        Site(var, site_environment(var)).manage("migrate", "-v0")
        yield str(var / "assay.sqlite3")
        return
    with ExitStack() as held:
        name = _new_database(held)
        url = other_database(os.environ["ASSAY_DATABASE_URL"], name)
        Site(var, site_environment(var, ASSAY_DATABASE_URL=url)).manage("migrate", "-v0")
        yield name


@pytest.fixture
def site(migrated: str, tmp_path: Path) -> Iterator[Site]:
    """Return a site with nothing in it, for tests that start processes of their own."""
    var = tmp_path / "var"
    var.mkdir()
    with ExitStack() as held:
        settings: dict[str, str] = {}
        if stack() == "sqlite":
            shutil.copy(migrated, var / "assay.sqlite3")
        else:
            name = _new_database(held, template=migrated)
            url = other_database(os.environ["ASSAY_DATABASE_URL"], name)
            settings = {
                "ASSAY_DATABASE_URL": url,
                "ASSAY_BROKER_URL": held.enter_context(redis()),
            }
        yield Site(var, site_environment(var, **settings))


def _new_database(held: ExitStack, *, template: str = "template0") -> str:
    """Make a database that is dropped when `held` closes, and return its name."""
    name = f"site_{uuid4().hex}"
    _execute("CREATE DATABASE {} TEMPLATE {}", name, template)
    held.callback(_execute, "DROP DATABASE {} WITH (FORCE)", name)
    return name


def _execute(statement: str, *names: str) -> None:
    with psycopg.connect(os.environ["ASSAY_DATABASE_URL"], autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
