"""The whole site on one machine: web server, workers and scheduler."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from leaderboard.supervisor import (
    ServeError,
    Supervisor,
    check_address,
    interrupt_on_signals,
    site_programs,
)


class Command(BaseCommand):
    """Serve until Ctrl-C."""

    help = "Starts the web server, the workers and the scheduler, and keeps them running."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on")
        parser.add_argument("--workers", type=int, default=1, help="number of worker processes")

    def handle(self, *args: Any, host: str, port: int, workers: int, **options: Any) -> None:
        """Check, prepare, serve."""
        try:
            check_address(host, port)
            check_migrations()
            call_command("collectstatic", interactive=False, verbosity=0)
            self._serve(
                Supervisor(
                    site_programs(host, port, workers, threads=settings.ASSAY_THREADS),
                    var=settings.VAR,
                    say=self._say,
                ),
                host,
                port,
            )
        except ServeError as error:
            raise CommandError(f"{error.detail}\n{error.hint}") from error

    def _serve(self, supervisor: Supervisor, host: str, port: int) -> None:
        interrupt_on_signals()
        try:
            with supervisor:
                self._say(f"Serving http://{host}:{port}/ until Ctrl-C. Logs: {supervisor.logs}")
                supervisor.wait()
        except KeyboardInterrupt:
            self._say("Stopped.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def check_migrations() -> None:
    """See whether the database has the tables that this code expects.

    Raises:
        ServeError: if it is out of reach or lacks migrations.
    """
    try:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    except DatabaseError as error:
        raise ServeError(
            "database_unreachable",
            f"The database can't be reached: {error}",
            "Check ASSAY_DATABASE_URL.",
        ) from error
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        raise ServeError(
            "migrations_missing",
            f"The database lacks {len(missing)} migrations.",
            "Run `python manage.py migrate` first.",
        )
