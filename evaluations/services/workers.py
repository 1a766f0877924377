"""What workers tell of themselves."""

from datetime import timedelta

from django.db.models.functions import Now
from django.utils import timezone

from evaluations.models import Run, WorkerProcess
from evaluations.needs import Offers

#: How often a worker says that it lives, in seconds.
ANNOUNCED_EVERY = 30
#: After so long nobody asks any more what a worker was.
KEPT = timedelta(days=7)


def announce(*, name: str, offers: Offers, run: Run | None) -> None:
    """Note that a worker lives, what it has, and which run it holds, if any."""
    WorkerProcess.objects.update_or_create(
        name=name,
        defaults={"seen_at": Now(), "offers": offers.as_json(), "run": run},
        create_defaults={
            "started_at": timezone.now(), "seen_at": Now(), "offers": offers.as_json(), "run": run,
        },
    )  # fmt: skip


def leave(*, name: str) -> None:
    """Forget a worker that has ended in order."""
    WorkerProcess.objects.filter(name=name).delete()


def prune() -> int:
    """Forget workers that vanished long ago; returns how many."""
    return WorkerProcess.objects.filter(seen_at__lt=Now() - KEPT).delete()[0]
