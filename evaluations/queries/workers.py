"""The workers that the site has heard of lately."""

from datetime import timedelta

from django.db.models import QuerySet
from django.db.models.functions import Now

from evaluations.models import WorkerProcess
from evaluations.needs import Offers

#: One that was silent for longer is taken for gone; a busy one speaks at each heartbeat.
SILENT = timedelta(minutes=5)


def living() -> QuerySet[WorkerProcess]:
    """Return the workers that were heard of lately."""
    return WorkerProcess.objects.filter(seen_at__gt=Now() - SILENT).order_by("name")


def offered() -> list[Offers]:
    """Return what each of them has."""
    return [Offers.read(stored) for stored in living().values_list("offers", flat=True)]
