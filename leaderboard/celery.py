"""The Celery application: a doorbell, never a store. Messages may be lost or doubled safely."""

import os

from celery import Celery
from django.conf import settings

from leaderboard.broker import settings_for

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leaderboard.settings.production")

app = Celery("assay")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    **settings_for(settings.CELERY_BROKER_URL, doorbell=settings.CELERY_DOORBELL),
    worker_hijack_root_logger=False,
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
app.autodiscover_tasks()
