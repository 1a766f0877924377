"""What tests may do to a past that no one else can change."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.backends.sqlite3.base import DatabaseWrapper as SQLite

from evaluations.append_only import turn_off, turn_on

_MIGRATIONS = ("0003_append_only", "0006_log", "0007_replications", "0009_moderation")
RULES = [
    rule for name in _MIGRATIONS for rule in import_module(f"evaluations.migrations.{name}").RULES
]


class _Editor:
    """Executes a trigger's statements inside the present transaction."""

    connection = connection

    def execute(self, sql: str, params: None = None) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)


@contextmanager
def rewriting() -> Iterator[None]:
    """Let a test change or remove what is published, to make a past that it needs."""
    with transaction.atomic():
        turn_off(RULES, _Editor())
        yield
        turn_on(RULES, _Editor())


@pytest.fixture(autouse=True, scope="session")
def _flush_passes() -> Iterator[None]:
    """Let SQLite's flush, which ends a test with real transactions, delete every row.

    On PostgreSQL it truncates, which fires no trigger for rows.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SQLite.ops_class, "sql_flush", _around(SQLite.ops_class.sql_flush))
        yield


def _around(sql_flush: Any) -> Any:
    def around(self: Any, *args: Any, **kwargs: Any) -> list[str]:
        off, on = _Recorder(), _Recorder()
        turn_off(RULES, off)
        turn_on(RULES, on)
        return [*off.said, *sql_flush(self, *args, **kwargs), *on.said]

    return around


class _Recorder:
    def __init__(self) -> None:
        self.connection, self.said = connection, list[str]()

    def execute(self, sql: str, params: None = None) -> None:
        self.said.append(sql)
