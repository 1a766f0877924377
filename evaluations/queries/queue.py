"""The queue: what is at work, what waits, what ended lately."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Max, QuerySet

from evaluations.enums import OPEN_STATES, SubmissionState
from evaluations.models import Submission

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
    """

    working: list[Submission]
    waiting: list[Submission]
    waiting_count: int
    ended: list[Submission]


def queue(*, ended: int = 10) -> Queue:
    """Return the queue with the last few that ended."""
    waiting = _listed([SubmissionState.QUEUED])
    return Queue(
        working=list(_listed(OPEN_STATES - {SubmissionState.QUEUED})[:_SHOWN]),
        waiting=list(waiting[:_SHOWN]),
        waiting_count=waiting.count(),
        ended=list(
            _listed(_ENDED)
            .annotate(ended_at=Max("events__at"))
            .order_by(F("ended_at").desc(nulls_last=True), "-pk")[:ended]
        ),
    )


def _listed(states: Iterable[SubmissionState]) -> QuerySet[Submission]:
    return (
        Submission.objects.filter(state__in=sorted(states))
        .select_related("revision__model", "board")
        .only(
            "public_id", "state", "failure_code", "created_at",
            "revision__commit",
            "revision__model__source", "revision__model__name", "board__slug", "board__title",
        )
        .order_by("created_at", "pk")
    )  # fmt: skip
