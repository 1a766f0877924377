"""A result in a list."""

from datetime import datetime

from django.http import HttpRequest
from django.urls import reverse
from ninja import Schema

from evaluations.enums import SubmissionState
from evaluations.models import Result


class ResultItem(Schema):
    """A result in a list; one that was withdrawn, removed or superseded has left its board."""

    id: str
    url: str
    model: str
    revision: str
    board: str
    score: float
    stderr: float | None
    withdrawn: bool
    superseded: bool
    removed: bool
    submission: str
    published_at: datetime


class ResultsOut(Schema):
    """Results, the newest first; `next` is null at the end."""

    items: list[ResultItem]
    next: str | None


def item(request: HttpRequest, result: Result) -> ResultItem:
    """Return a result as it stands in a list."""
    return ResultItem(
        id=result.public_id,
        url=request.build_absolute_uri(reverse("result", args=[result.public_id])),
        model=str(result.revision.model),
        revision=result.revision.commit,
        board=result.board.slug,
        score=result.value,
        stderr=result.stderr,
        withdrawn=result.submission.state == SubmissionState.WITHDRAWN,
        superseded=result.submission.state == SubmissionState.SUPERSEDED,
        removed=result.submission.state == SubmissionState.REMOVED,
        submission=result.submission.public_id,
        published_at=result.published_at,
    )
