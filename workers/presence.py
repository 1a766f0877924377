"""Saying that a worker lives, also while it has nothing to do or a step takes long."""

import logging
import threading

from django.db import DatabaseError, connection

from evaluations.models import Run
from evaluations.services.workers import ANNOUNCED_EVERY, announce, leave
from workers.offers import offers

_log = logging.getLogger(__name__)


class Presence:
    """A thread that announces a worker now and then.

    Attributes:
        run: what the worker holds a claim of just now.
    """

    def __init__(self, name: str, isolation: str) -> None:
        """Begin to announce.

        Args:
            name: the worker's.
            isolation: see `workers.offers.offers`.
        """
        self.run: Run | None = None
        self._name, self._isolation = name, isolation
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._announce, name="presence", daemon=True)
        self._thread.start()

    def _announce(self) -> None:
        while not self._ended.is_set():
            try:
                announce(name=self._name, offers=offers(self._isolation), run=self.run)
            except DatabaseError as error:
                _log.warning("%s can't be announced: %s", self._name, error)
            finally:
                # Half a minute is long for a connection that does nothing.
                connection.close()
            self._ended.wait(ANNOUNCED_EVERY)

    def end(self) -> None:
        """Stop announcing, and have the site forget the worker."""
        self._ended.set()
        self._thread.join()
        leave(name=self._name)
