"""`manage.py keep`: writes what waits for the log, and ranks the boards that have changed."""

import logging
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections

from evaluations.services.ranking import rank_changed
from evaluations.services.sequencer import LogInconsistentError, sequence

_PAUSE_SECONDS = 0.25
#: After a failure, so that a database that is away isn't hammered.
_LONG_PAUSE_SECONDS = 5.0
_log = logging.getLogger(__name__)


class Command(BaseCommand):
    """Keep the log and the standings up to date while workers are busy."""

    help = "Write what waits for the log and rank the boards that have changed, until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the option."""
        parser.add_argument("--once", action="store_true", help="do what there is to do, and end")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        """Look, do, and look again."""
        while True:
            pause = self._round()
            if once:
                return
            time.sleep(pause)

    def _round(self) -> float:
        try:
            if logged := sequence():
                self.stdout.write(f"{logged} entries were logged.")
            if ranked := rank_changed():
                self.stdout.write(f"{ranked} boards were ranked.")
        except (DatabaseError, LogInconsistentError):
            _log.exception("nothing could be kept up to date just now")
            close_old_connections()
            return _LONG_PAUSE_SECONDS
        return _PAUSE_SECONDS
