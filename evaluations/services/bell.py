"""Ringing for the workers. A ring says "there may be work"; losing or doubling one does no harm."""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

_log = logging.getLogger(__name__)
#: More rings than this wake nobody new.
MAX_RINGS = 16


def ring_on_commit(times: int = 1) -> None:
    """Ring once the present transaction is committed, so that who comes finds the work."""
    transaction.on_commit(lambda: ring(times))


def ring(times: int = 1) -> None:
    """Ring at once. A broker that is away is logged, not raised: the sweep rings again."""
    try:
        for _ in range(min(times, MAX_RINGS)):
            current_app.send_task("workers.work")
    except (OperationalError, OSError) as error:
        _log.warning("The broker did not take a ring (%s); the sweep will ring again.", error)
