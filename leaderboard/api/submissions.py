"""Submissions: where each stands."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query

from evaluations.enums import Scope, SubmissionState
from evaluations.queries import submissions
from evaluations.queries.catalogue import source_and_name
from leaderboard.api.access import require
from leaderboard.api.cursors import NO_NUL, Cursor, Limit, piece, read
from leaderboard.api.submission_data import SubmissionOut, SubmissionsOut, as_data
from leaderboard.api.submitting import found, router

__all__ = ["router"]


@router.get("", response=SubmissionsOut, operation_id="list_submissions")
def list_submissions(
    request: HttpRequest,
    response: HttpResponse,
    *,
    state: Annotated[SubmissionState | None, Query(description="only those")] = None,
    board: Annotated[str, Query(description="a board's slug", pattern=NO_NUL)] = "",
    model: Annotated[str, Query(description="a model's name", pattern=NO_NUL)] = "",
    mine: Annotated[
        bool, Query(description="only the token owner's; needs the scope `read`")
    ] = False,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> SubmissionsOut:
    """List submissions, the newest first."""
    rows = submissions.after(
        read(request, cursor),
        limit + 1,
        state=state or "",
        board=board,
        model=source_and_name(model) if model else None,
        by=require(request, Scope.READ).by if mine else None,
    )
    rows, following = piece(request, response, rows, limit)
    return SubmissionsOut(items=as_data(request, rows), next=following)


@router.get("/{slug:submission_id}", response=SubmissionOut, operation_id="get_submission")
def get_submission(request: HttpRequest, submission_id: str) -> SubmissionOut:
    """Say where a submission stands."""
    return as_data(request, [found(submission_id)])[0]


@router.get("/{slug:submission_id}/log", operation_id="get_submission_log")
def get_submission_log(request: HttpRequest, submission_id: str) -> HttpResponse:
    """Return the last lines of a run's log as text."""
    run = getattr(found(submission_id), "run", None)
    text = f"{run.log_tail}\n" if run and run.log_tail else ""
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
