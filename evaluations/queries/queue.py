"""The queue: what is at work, what waits, what ended lately."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Max, QuerySet

from evaluations.enums import OPEN_STATES, SubmissionState
from evaluations.models import Submission, WorkerProcess
from evaluations.queries import turns, workers

#: More than this of each kind is shown by no page.
_SHOWN = 50
_ENDED = frozenset(SubmissionState) - OPEN_STATES


@dataclass(frozen=True, slots=True)
class Queue:
    """Submissions by where they stand, at most 50 of each.

    Attributes:
        waiting: the next to start first.
        waiting_count: also those that are not listed.
        ended: the last to end first.
        workers: all that live.
    """

    working: list[Submission]
    waiting: list[Submission]
    waiting_count: int
    ended: list[Submission]
    workers: list[WorkerProcess]


def queue(*, ended: int = 10) -> Queue:
    """Return the queue with the last few that ended."""
    order = turns.waiting()
    shown = order[:_SHOWN]
    waiting = {found.pk: found for found in _listed([SubmissionState.QUEUED]).filter(pk__in=shown)}
    return Queue(
        working=list(_listed(OPEN_STATES - {SubmissionState.QUEUED})[:_SHOWN]),
        waiting=[waiting[pk] for pk in shown if pk in waiting],
        waiting_count=len(order),
        ended=list(
            _listed(_ENDED)
            .annotate(ended_at=Max("events__at"))
            .order_by(F("ended_at").desc(nulls_last=True), "-pk")[:ended]
        ),
        workers=list(
            workers.living().select_related(
                "run__submission__revision__model", "run__submission__board"
            )
            .only(
                "name", "started_at", "seen_at", "offers",
                "run__submission__public_id", "run__submission__state",
                "run__submission__revision__model__name",
                "run__submission__board__title",
            )
        ),
    )  # fmt: skip


def _listed(states: Iterable[SubmissionState]) -> QuerySet[Submission]:
    return (
        Submission.objects.filter(state__in=sorted(states))
        .select_related("revision__model", "board", "run")
        .only(
            "public_id", "state", "failure_code", "created_at",
            "revision__commit", "revision__model__source", "revision__model__name",
            "board__slug", "board__title", "board__priority",
            "run__needs", "run__not_before", "run__lease_until",
            "run__answering_since", "run__step_done", "run__step_total",
        )
        .order_by("created_at", "pk")
    )  # fmt: skip
