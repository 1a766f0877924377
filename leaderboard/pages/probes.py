"""Whether what a site stands on answers; each asks once, for a few seconds."""

import shutil

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection
from kombu.exceptions import KombuError

from evaluations import store


def database() -> bool:
    """Whether the database answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def artefacts() -> bool:
    """Whether the artefact store answers."""
    try:
        store.ping()
    except (store.StoreUnavailableError, OSError):
        return False
    return True


def broker() -> bool:
    """Whether the broker would take a ring."""
    try:
        with current_app.connection_for_write() as opened:
            opened.ensure_connection(max_retries=1, interval_start=0, interval_max=0, timeout=3)
            queue = current_app.amqp.queues[current_app.conf.task_default_queue]
            # As a ring declares it; a server answers with how many wait there.
            queue.bind(opened.default_channel).queue_declare()
    except (KombuError, OSError):
        return False
    return True


def disk() -> tuple[int, int] | None:
    """Return the bytes that are free, and all there are, where the site keeps its state."""
    try:
        usage = shutil.disk_usage(settings.VAR)
    except OSError:
        return None
    return usage.free, usage.total
