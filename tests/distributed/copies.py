"""A site prepared once, with its models and boards, and copies of it that evaluate them."""

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from tests.distributed.ledger import Ledger, Outcome
from tests.distributed.processes import Disk, Fleet
from tests.material import make_model, make_suite
from tests.servers import Server, Site, other_database, site_environment

#: Short leases, so that what was lost is found soon; one thread, so that workers share two cores.
_SETTINGS = {
    "ASSAY_LEASE_SECONDS": "4",
    "ASSAY_HEARTBEAT_SECONDS": "1",
    "ASSAY_SWEEP_SECONDS": "1",
    "ASSAY_THREADS": "1",
    "ASSAY_OPEN_SUBMISSIONS": "1000",
}
_PREPARE = """
from django.contrib.auth.models import User
from django.core.management import call_command
call_command("migrate", verbosity=0)
User.objects.create_user("ana")
call_command("load_suite", {suite!r})
call_command("publish_suite", "made-up")
for board in {boards}:
    call_command("create_board", board, "made-up")
for name, folder in {models}.items():
    call_command("register_model", name, folder)
"""
_SUBMIT = """
from django.contrib.auth.models import User
from evaluations.services.submissions import submit
for model in {models}:
    submit(by=User.objects.get(username="ana"), model="local:" + model, board={board!r})
"""


@dataclass(frozen=True)
class Copy:
    """A site of its own, and what reads it from outside."""

    site: Site
    ledger: Ledger
    models: Sequence[str]

    def submit(self, board: str) -> None:
        """Submit every model for a board."""
        self.site.manage("shell", "-c", _SUBMIT.format(models=list(self.models), board=board))

    def is_done(self) -> bool:
        """Whether everything that was submitted is published; a failure raises."""
        return {state for state, _ in self.ledger.progress().values()} <= {"published"}

    def outcomes(self, fleet: Fleet, board: str, *, seconds: float) -> list[Outcome]:
        """Let a fleet evaluate every model undisturbed and return what came of it."""
        self.submit(board)
        try:
            for name in fleet.names:
                fleet.start(name)
            until(self.is_done, seconds)
        finally:
            fleet.stop()
        return list(self.ledger.outcomes())


class Prepared:
    """A site with a suite, boards and models, on servers of a test's own; no process runs."""

    def __init__(
        self,
        folder: Path,
        *,
        database: Server,
        broker: Server,
        models: int,
        boards: Sequence[str],
        documents: int,
        tokens: int,
    ) -> None:
        """Make it; see `make_tasks` for documents and tokens."""
        self._folder, self.database, self.broker = folder, database, broker
        self.models = [f"random-{seed}" for seed in range(models)]
        suite = make_suite(folder / "suite", documents=documents, tokens=tokens)
        folders = {
            name: str(make_model(folder / name, seed=seed)) for seed, name in enumerate(self.models)
        }
        site = self._site("prepared", folder / "prepared", template="template0")
        script = _PREPARE.format(suite=str(suite), boards=list(boards), models=folders)
        site.manage("shell", "-c", script)

    def copy(self, name: str, disk: Disk | None = None, **settings: str) -> Copy:
        """Return a copy with a database and a store of its own, which may lie on a disk."""
        var = self._folder / name
        site = self._site(name, var, template="prepared", **settings)
        store = disk.root if disk else var / "artifacts"
        shutil.copytree(self._folder / "prepared" / "artifacts", store, dirs_exist_ok=True)
        return Copy(site, Ledger(site.environment["ASSAY_DATABASE_URL"], store), self.models)

    def _site(self, name: str, var: Path, *, template: str, **settings: str) -> Site:
        # The folder may be there: a disk is mounted on its store.
        var.mkdir(exist_ok=True)
        # The other strategy copies a sequence as it stands in memory, without the numbers that it
        # has logged ahead; after a crash PostgreSQL 18 then gives out some numbers again.
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        addresses = {
            "ASSAY_DATABASE_URL": other_database(self.database.url, name),
            "ASSAY_BROKER_URL": self.broker.url,
        }
        return Site(var, site_environment(var, **_SETTINGS, **addresses, **settings))


def until(condition: Callable[[], object], seconds: float) -> None:
    """Wait for something to come about.

    Raises:
        TimeoutError: if it doesn't within so many seconds.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"It did not come about within {seconds:g} s.")
        time.sleep(0.1)
