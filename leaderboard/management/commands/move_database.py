"""`manage.py move_database URL`."""

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

from evaluations.errors import AssayError
from leaderboard.moving import move
from leaderboard.settings import env

_TARGET = "target"


class Command(BaseCommand):
    """Copy this site's database into an empty one, verified row by row."""

    help = (
        "Copy the database of ASSAY_DATABASE_URL (by default SQLite in ASSAY_VAR) into the empty "
        "one at URL and hold every row against its original. Stop web, workers, scheduler first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the address."""
        parser.add_argument("url", metavar="URL", help="for instance postgres://assay@db/assay")

    def handle(self, *_args: object, url: str, **_options: object) -> None:
        """Move it, or say why not."""
        tables = rows = 0
        try:
            _connect(url)
            for moved in move(source=DEFAULT_DB_ALIAS, target=_TARGET):
                self.stdout.write(f"{moved.rows:>10,}  {moved.table}")
                tables, rows = tables + 1, rows + moved.rows
        except AssayError as error:
            raise CommandError(f"{error.code}: {error.detail} {error.hint}".strip()) from error
        except (DatabaseError, ImproperlyConfigured) as error:
            raise CommandError(f"The database can't be moved: {error}".strip()) from error
        finally:
            if _TARGET in connections.settings:
                connections[_TARGET].close()
                del connections.settings[_TARGET]
        self.stdout.write(
            f"{rows:,} rows in {tables} tables, each equal to its original. "
            "Set ASSAY_DATABASE_URL to the new address on every machine before you start them."
        )


def _connect(url: str) -> None:
    # As Django does with DATABASES itself: every default, then the named values.
    connections.settings[_TARGET] = connections.configure_settings(
        {DEFAULT_DB_ALIAS: env.database_of(url)}
    )[DEFAULT_DB_ALIAS]
