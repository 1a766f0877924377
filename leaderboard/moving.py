"""A whole site's rows from one database to another, verified row by row before they count."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import DatabaseError, connections, models, transaction
from django.db.migrations.executor import MigrationExecutor

from evaluations.errors import AssayError

#: Made by `migrate` in every database; no sign of a site.
_MADE_BY_MIGRATE = {"contenttypes.contenttype", "auth.permission"}
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Moved:
    """One table that was moved: its name in the database and how many rows it has."""

    table: str
    rows: int


def move(*, source: str, target: str) -> Iterator[Moved]:
    """Copy every row between two configured databases, yielding each table when it is equal.

    Both transactions stay open until the last table is verified: nothing changes in the source
    meanwhile (SQLite: nobody writes at all), and a fault leaves the target without a row.

    Args:
        source: the alias of a database whose migrations are up to date.
        target: the alias of one that is empty, or prepared by an earlier attempt.

    Raises:
        AssayError: if one of them isn't so, a row is refused, or differs after it was written.
    """
    _prepare(source, target)
    with ExitStack() as both:
        for alias in (source, target):
            both.enter_context(transaction.atomic(using=alias))
        if connections[source].vendor == "postgresql":
            _execute(source, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for model in _models():
            _copy(model, source, target)
        for model in _models():
            yield Moved(model._meta.db_table, _verify(model, source, target))
        _continue_sequences(target)


def _prepare(source: str, target: str) -> None:
    executor = MigrationExecutor(connections[source])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise AssayError(
            "source_not_migrated",
            "The database that is to be moved is not at this version.",
            "Run manage.py migrate first.",
        )
    tables = set(connections[target].introspection.table_names())
    for model in _models():
        fresh = model._meta.db_table not in tables or model._meta.label_lower in _MADE_BY_MIGRATE
        if not fresh and model._base_manager.using(target).exists():
            raise AssayError(
                "target_not_empty",
                f"The database to move to has rows in {model._meta.db_table}.",
                "Name an empty database.",
            )
    call_command("migrate", database=target, verbosity=0, interactive=False)
    call_command(
        "flush", database=target, verbosity=0, interactive=False, inhibit_post_migrate=True
    )


def _models() -> list[type[models.Model]]:
    every = apps.get_models(include_auto_created=True)
    return [model for model in every if model._meta.managed and not model._meta.proxy]


def _copy(model: type[models.Model], source: str, target: str) -> None:
    for row in model._base_manager.using(source).iterator(chunk_size=_BATCH):
        try:
            # Raw, as fixtures are loaded: no field is set anew, such as the time of creation.
            row.save_base(raw=True, force_insert=True, using=target)
        except (DatabaseError, ValueError) as error:
            raise AssayError(
                "row_refused",
                f"{model._meta.db_table}, row {row.pk}: {error}".strip(),
                "The database that is moved stays as it is; nothing was kept in the other.",
            ) from error


def _verify(model: type[models.Model], source: str, target: str) -> int:
    """Return how many rows are there and equal; keys are asked for, since collations differ."""
    names = [field.attname for field in model._meta.concrete_fields]
    count = 0
    kept = model._base_manager.using(source).values_list("pk", *names).iterator(chunk_size=_BATCH)
    while batch := list(islice(kept, _BATCH)):
        there = _rows(model, target, names, [row[0] for row in batch])
        for row in batch:
            if there.get(row[0]) != row:
                raise _differs(model, f"row {row[0]} differs after it was written")
        count += len(batch)
    if model._base_manager.using(target).count() != count:
        raise _differs(model, "there are rows that nobody wrote")
    return count


def _rows(
    model: type[models.Model], alias: str, names: list[str], keys: list[Any]
) -> dict[Any, tuple[Any, ...]]:
    found = model._base_manager.using(alias).filter(pk__in=keys).values_list("pk", *names)
    return {row[0]: row for row in found}


def _differs(model: type[models.Model], how: str) -> AssayError:
    return AssayError("move_differs", f"{model._meta.db_table}: {how}.", "Nothing was kept.")


def _continue_sequences(target: str) -> None:
    for statement in connections[target].ops.sequence_reset_sql(no_style(), _models()):
        _execute(target, statement)


def _execute(alias: str, statement: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)
