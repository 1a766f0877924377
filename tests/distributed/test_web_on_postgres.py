"""A web server on PostgreSQL with the settings that docs/operate.md gives to web machines."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import psycopg
import pytest

from tests.distributed.sites import running
from tests.servers import Site

pytestmark = [pytest.mark.distributed, pytest.mark.postgres]
_POOL = 2


@pytest.fixture
def web(site: Site) -> Iterator[str]:
    url = f"{_database(site)}&" if "?" in _database(site) else f"{_database(site)}?"
    site.environment["ASSAY_DATABASE_URL"] = f"{url}options=-c%20statement_timeout%3D500ms"
    site.environment["ASSAY_DATABASE_POOL"] = str(_POOL)
    with running(site, workers=0) as visitor:
        yield visitor.site


def _database(site: Site) -> str:
    return site.environment["ASSAY_DATABASE_URL"]


@contextmanager
def boards_locked(site: Site) -> Iterator[None]:
    """Have every question about boards wait."""
    with psycopg.connect(_database(site).partition("?")[0]) as other:
        other.execute("LOCK TABLE evaluations_board IN ACCESS EXCLUSIVE MODE")
        yield


def test_statement_that_takes_too_long_is_ended_and_the_reader_told(web: str, site: Site) -> None:
    with boards_locked(site):
        began = time.monotonic()
        answers = [httpx.get(f"{web}{path}", timeout=30) for path in ("/api/v1/boards", "/")]
        assert time.monotonic() - began < 10
    assert [answer.status_code for answer in answers] == [503, 503]
    assert answers[0].json()["code"] == "database_unavailable"
    assert httpx.get(f"{web}/api/v1/boards").status_code == 200


def test_threads_share_no_more_connections_than_the_pool_has(web: str, site: Site) -> None:
    with ThreadPoolExecutor(16) as threads:
        asked = [threads.submit(httpx.get, f"{web}/api/v1/boards", timeout=30) for _ in range(64)]
    assert {answer.result().status_code for answer in asked} == {200}
    with psycopg.connect(_database(site).partition("?")[0]) as other:
        [count] = other.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone() or [None]
    assert count is not None
    # The web server's and the keeper's, each with a pool of its own.
    assert 1 <= count <= 2 * _POOL
