"""The Celery application: a doorbell, never a store. Messages may be lost or doubled safely."""

import os

from celery import Celery
from django.conf import settings
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leaderboard.settings.production")

# Before the first connection: kombu looks a URL's scheme up here.
TRANSPORT_ALIASES["doorbell"] = "leaderboard.doorbell:Transport"

app = Celery("assay")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_ignore_result=True,
    # Acknowledge early: a redelivered message after a visibility timeout would only ring twice.
    task_acks_late=False,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    # Remote control is a second way in, needs fan-out (the doorbell has none) and steers nothing
    # that isn't in the database.
    worker_enable_remote_control=False,
    beat_schedule={
        "sweep": {
            "task": "workers.sweep",
            "schedule": settings.ASSAY_SWEEP_SECONDS,
            # A ring that nobody heard in time is worth nothing.
            "options": {"expires": settings.ASSAY_SWEEP_SECONDS},
        }
    },
    beat_schedule_filename=str(settings.VAR / "beat-schedule"),
)
if settings.CELERY_BROKER_URL.startswith("doorbell:"):
    app.conf.broker_transport_options = {"folder": str(settings.CELERY_DOORBELL)}
elif settings.CELERY_BROKER_URL.startswith("redis"):
    # A host that swallows packets must not hold up a page, nor a dead connection deafen a worker.
    app.conf.broker_transport_options = {
        "socket_connect_timeout": 3,
        "socket_keepalive": True,
        "health_check_interval": 25,
    }
app.autodiscover_tasks()
