"""`manage.py move_database`: SQLite to PostgreSQL and on, by the command that operators run."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import orjson
import psycopg
import pytest

from tests.servers import ROOT, Site, other_database, postgres, site_environment

_ROWS = """
import django; django.setup()
from tests import factories
for _ in range(3):
    factories.make_result()
factories.make_token()
factories.make_user("Zawadi Ωmega")
"""
_ONE_MORE = """
import django; django.setup()
from tests import factories
factories.make_user("later")
"""
#: SQLite holds a text longer than its column, which PostgreSQL refuses.
_NAME_OF = """
import django; django.setup()
from django.contrib.auth.models import User
User.objects.filter(username="Zawadi Ωmega").update(first_name="x" * {})
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture
def target(server: str) -> str:
    name = f"target_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return other_database(server, name)


@pytest.fixture
def source(tmp_path: Path) -> Site:
    site = _site(tmp_path / "source")
    site.manage("migrate", "--verbosity", "0")
    _run(site, _ROWS)
    return site


def test_move_database_takes_every_row_there_and_back(
    source: Site, target: str, tmp_path: Path
) -> None:
    moved, back = _site(tmp_path / "moved", target), _site(tmp_path / "back")

    said = source.manage("move_database", target)
    moved.manage("move_database", f"sqlite:///{tmp_path}/back/assay.sqlite3")

    assert "each equal to its original" in said
    assert _dump(source) == _dump(moved) == _dump(back)
    _run(moved, _ONE_MORE)  # its keys go on after those that were moved


def test_move_database_refuses_a_target_with_rows(source: Site, target: str) -> None:
    source.manage("move_database", target)

    said = _refused(source, target)

    assert "target_not_empty" in said
    assert "Name an empty database." in said


def test_move_database_keeps_nothing_of_a_move_that_fails(source: Site, target: str) -> None:
    _run(source, _NAME_OF.format(151))

    said = _refused(source, target)

    assert "row_refused: auth_user, row" in said
    with psycopg.connect(target) as connection:
        left = connection.execute("SELECT count(*) FROM auth_user").fetchone()
    assert left == (0,)
    _run(source, _NAME_OF.format(150))
    assert "each equal" in source.manage("move_database", target)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://a@b/c", "must begin with sqlite: or postgres:"),
        ("nothing", "not a database's URL"),
        ("postgres://assay@127.0.0.1:9/none", "can't be moved"),
    ],
)
def test_move_database_says_what_is_wrong_with_an_address(
    tmp_path: Path, url: str, told: str
) -> None:
    site = _site(tmp_path)
    site.manage("migrate", "--verbosity", "0")
    assert told in _refused(site, url)


def test_move_database_wants_a_source_of_this_version(tmp_path: Path, target: str) -> None:
    assert "source_not_migrated" in _refused(_site(tmp_path), target)


def _site(var: Path, url: str = "") -> Site:
    var.mkdir(exist_ok=True)
    settings = {"ASSAY_DATABASE_URL": url} if url else {}
    return Site(var, site_environment(var, **settings))


def _run(site: Site, script: str) -> None:
    environment = site.environment | {"DJANGO_SETTINGS_MODULE": "leaderboard.settings.production"}
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, check=True)


def _dump(site: Site) -> object:
    # Parsed: PostgreSQL puts the keys of JSON into an order of its own.
    return orjson.loads(site.manage("dumpdata"))


def _refused(site: Site, url: str) -> str:
    with pytest.raises(subprocess.CalledProcessError) as refusal:
        site.manage("move_database", url)
    output = str(refusal.value.output)
    assert "Traceback" not in output
    return output
