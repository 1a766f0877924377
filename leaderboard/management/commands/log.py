"""`manage.py log show | export DIR | check | sequence`."""

import time
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluations.errors import AssayError
from evaluations.models import LogEntry
from evaluations.provenance.log.tiles import Growth
from evaluations.queries import evidence, log
from evaluations.services.sequencer import sequence

_PAUSE_SECONDS = 0.5


class Command(BaseCommand):
    """Look at the log, hold it against what was signed, write it as files, keep it going."""

    help = "Look at the log, check it, export it as static files, or write what waits."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what can be done."""
        todo = parser.add_subparsers(dest="todo", required=True, metavar="WHAT")
        show: ArgumentParser = todo.add_parser("show", help="show the newest entries")
        show.add_argument("--last", type=int, default=20, metavar="N", help="so many (20)")
        todo.add_parser("check", help="build the tree again and compare it with the checkpoint")
        export = todo.add_parser("export", help="write the log as files that any server can serve")
        export.add_argument("folder", type=Path, metavar="DIR")
        run = todo.add_parser("sequence", help="give what waits its place, and sign")
        run.add_argument("--forever", action="store_true", help="go on until stopped")

    def handle(self, *_args: object, todo: str, **options: object) -> None:
        """Do it, or say why not."""
        try:
            if todo == "show":
                self._show(int(str(options["last"])))
            elif todo == "sequence":
                self._sequence(forever=bool(options["forever"]))
            else:
                self._rebuild(Path(str(options["folder"])) if todo == "export" else None)
        except AssayError as error:
            raise CommandError(f"{error.detail}\n{error.hint}".strip()) from error

    def _show(self, last: int) -> None:
        newest = log.latest()
        size = newest.size if newest else 0
        waiting = LogEntry.objects.filter(index=None).count()
        self.stdout.write(f"{size} entries are logged, {waiting} wait.")
        rows = LogEntry.objects.filter(index__gte=max(0, size - last)).order_by("index")
        for entry in rows.iterator():
            self.stdout.write(f"{entry.index:>8}  {entry.kind:<11}  {entry.record}")

    def _sequence(self, *, forever: bool) -> None:
        done = sequence()
        self.stdout.write(f"{done} entries were logged.")
        while forever:
            time.sleep(_PAUSE_SECONDS)
            if done := sequence():
                self.stdout.write(f"{done} entries were logged.")

    def _rebuild(self, folder: Path | None) -> None:
        """Build the tree from the entries alone; write its files too, if a folder is given."""
        newest = log.latest()
        if newest is None:
            raise CommandError("Nothing is logged yet.")
        rows = LogEntry.objects.filter(index__lt=newest.size).order_by("index")
        records = (record.encode() for record in rows.values_list("record", flat=True).iterator())
        growth = Growth(0, records, log.read)
        for path, data in growth:
            if log.read(path) != data:
                raise CommandError(f"{path} is not what its entries say.")
            if folder is not None:
                _write(folder / path, data)
        if growth.root.hex() != newest.root:
            raise CommandError(
                f"The entries have the root {growth.root.hex()}, not the signed one."
            )
        if folder is not None:
            for path, data in evidence.trust().items():
                _write(folder / path, data)
            _write(folder / "log.vkey", evidence.log_vkey())
            # Last, so that no reader finds a checkpoint whose tiles are not there yet.
            _write(folder / "checkpoint", newest.note.encode())
        self.stdout.write(f"{newest.size} entries have the root that was signed, {newest.root}.")


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; one that is there already is left."""
    if path.exists() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_bytes(data)
    draft.replace(path)
