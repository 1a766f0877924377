"""A submission with all it needs to be shown, and the stages of its life."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby, pairwise

from django.contrib.auth.models import User
from django.db.models import QuerySet

from evaluations.enums import OPEN_STATES, SubmissionState
from evaluations.models import Submission, SubmissionEvent

#: The stages of a submission that goes well, in order.
LIFE = list(SubmissionState)[: list(SubmissionState).index(SubmissionState.PUBLISHED) + 1]


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


@dataclass(frozen=True, slots=True)
class Interruption:
    """A fault after which the site went on, or will go on, by itself; `code` is a `FailureCode`."""

    at: datetime
    state: SubmissionState
    code: str


def by_id(public_id: str) -> Submission | None:
    """Return a submission with its model, board, run and result, or None."""
    return _whole().filter(public_id=public_id).first()


def _whole() -> QuerySet[Submission]:
    return (
        Submission.objects.select_related(
            "revision__model", "board__suite", "by", "run", "result", "rescores"
        )
        .prefetch_related("events")
        .defer(
            "revision__files", "revision__card", "run__plan", "run__environment", "run__pack",
            "result__plan", "result__environment", "result__config",
        )
    )  # fmt: skip


def after(
    last: int | None,
    count: int,
    *,
    state: str = "",
    board: str = "",
    model: tuple[str, str] | None = None,
    by: User | None = None,
) -> list[Submission]:
    """Return so many submissions as `by_id` does, the newest first.

    Args:
        last: the primary key of the last one that was seen; None begins at the newest.
        count: how many at most.
        state: a `SubmissionState`, to see only what is in it.
        board: a slug, to see one board's only.
        model: source and name, to see one model's only.
        by: to see one person's only.
    """
    found = _whole().order_by("-pk")
    if last is not None:
        found = found.filter(pk__lt=last)
    if state:
        found = found.filter(state=state)
    if board:
        found = found.filter(board__slug=board)
    if model:
        found = found.filter(revision__model__source=model[0], revision__model__name=model[1])
    if by:
        found = found.filter(by=by)
    return list(found[:count])


def open_of(by: User) -> int:
    """Return how many submissions a person has waiting or running."""
    return Submission.objects.filter(by=by, state__in=sorted(OPEN_STATES)).count()


def stages(submission: Submission) -> list[Stage]:
    """Return every stage in order, with when it began and how long it took."""
    events = _until_published([next(entered) for _, entered in _by_stage(submission)])
    began = {SubmissionState(event.state): event.at for event in events}
    ended = {SubmissionState(event.state): after.at for event, after in pairwise(events)}
    # Answers that are scored again were given in another submission's life.
    life = LIFE[LIFE.index(SubmissionState.SCORING) :] if submission.rescores_id else LIFE
    last = max((life.index(state) for state in life if state in began), default=0)
    return [
        Stage(
            state=state,
            status=_status(submission, state, place - last),
            began=began.get(state),
            took=ended[state] - began[state] if state in ended and state != LIFE[-1] else None,
        )
        for place, state in enumerate(life)
    ]


def _until_published(events: list[SubmissionEvent]) -> list[SubmissionEvent]:
    """Return the events of a submission's way; what was removed and restored was published once."""
    states = [event.state for event in events]
    if SubmissionState.PUBLISHED not in states:
        return events
    return events[: states.index(SubmissionState.PUBLISHED) + 1]


def may_end(submission: Submission, user: User) -> bool:
    """Whether somebody may cancel or withdraw a submission: who made it, or the site's staff.

    Scoring answers again is the operator's doing, and only staff can stop it; what comes out of it
    is the submitter's again.
    """
    if user.is_staff:
        return True
    return user.pk == submission.by_id and not (submission.rescores_id and submission.is_open)


def interruptions(submission: Submission) -> list[Interruption]:
    """Return what interrupted a submission, the first one first: events that entered no stage."""
    return [
        Interruption(event.at, SubmissionState(event.state), event.note)
        for _, (_, *again) in _by_stage(submission)
        for event in again
    ]


def _by_stage(submission: Submission) -> Iterator[tuple[str, Iterator[SubmissionEvent]]]:
    """Yield a submission's events by stage; the first of each entered it."""
    return groupby(submission.events.all(), key=lambda event: event.state)


def _status(submission: Submission, state: SubmissionState, ahead: int) -> StageStatus:
    """Return how a stage stands that is so many stages ahead of the last one that was reached."""
    if ahead:
        return StageStatus.TODO if ahead > 0 else StageStatus.DONE
    if state == LIFE[-1]:
        # Reached for good, also by what was withdrawn later.
        return StageStatus.DONE
    return {
        SubmissionState.FAILED: StageStatus.FAILED,
        SubmissionState.CANCELLED: StageStatus.STOPPED,
        SubmissionState.WITHDRAWN: StageStatus.STOPPED,
        SubmissionState.UNCHANGED: StageStatus.DONE,
    }.get(SubmissionState(submission.state), StageStatus.NOW)
