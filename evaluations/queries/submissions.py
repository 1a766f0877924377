"""A submission with all it needs to be shown, and the stages of its life."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from evaluations.enums import SubmissionState
from evaluations.models import Submission

#: The stages of a submission that goes well, in order.
LIFE = [s for s in SubmissionState if s not in {SubmissionState.FAILED, SubmissionState.CANCELLED}]


class StageStatus(StrEnum):
    """How a stage stands."""

    DONE = "done"
    NOW = "now"
    FAILED = "failed"
    STOPPED = "stopped"
    TODO = "todo"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a submission's life.

    Attributes:
        began: None if it was never reached.
        took: None until it has ended.
    """

    state: SubmissionState
    status: StageStatus
    began: datetime | None
    took: timedelta | None


def by_id(public_id: str) -> Submission | None:
    """Return a submission with its model, board, run and result, or None."""
    return (
        Submission.objects.select_related(
            "revision__model", "board__suite", "by", "run", "result"
        )
        .defer(
            "revision__files", "revision__card", "run__plan", "run__environment", "run__pack",
            "result__plan", "result__environment", "result__config",
        )
        .filter(public_id=public_id)
        .first()
    )  # fmt: skip


def stages(submission: Submission) -> list[Stage]:
    """Return every stage in order, with when it began and how long it took."""
    events = list(submission.events.all())
    began = {SubmissionState(event.state): event.at for event in events}
    ended = {SubmissionState(event.state): after.at for event, after in pairwise(events)}
    last = max((LIFE.index(state) for state in LIFE if state in began), default=0)
    return [
        Stage(
            state=state,
            status=_status(submission, place - last),
            began=began.get(state),
            took=ended[state] - began[state] if state in ended else None,
        )
        for place, state in enumerate(LIFE)
    ]


def _status(submission: Submission, ahead: int) -> StageStatus:
    """Return how a stage stands that is so many stages ahead of the last one that was reached."""
    if ahead:
        return StageStatus.TODO if ahead > 0 else StageStatus.DONE
    return {
        SubmissionState.PUBLISHED: StageStatus.DONE,
        SubmissionState.FAILED: StageStatus.FAILED,
        SubmissionState.CANCELLED: StageStatus.STOPPED,
    }.get(SubmissionState(submission.state), StageStatus.NOW)
