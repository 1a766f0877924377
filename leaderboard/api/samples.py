"""The samples of a result: every document with the model's answers, as lm-eval wrote them."""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Schema

from evaluations.errors import AssayError
from evaluations.queries import samples
from leaderboard.api.cursors import Cursor, read, write
from leaderboard.api.results import found, router

__all__ = ["router"]

_MOST = 200


class TaskSamplesOut(Schema):
    """One task's samples; the root is an RFC 6962 tree hash over the rows."""

    task: str
    rows: int
    root: str


class SamplesOut(Schema):
    """Which tasks a result has samples of."""

    items: list[TaskSamplesOut]


class RowsOut(Schema):
    """Rows of lm-eval's samples file in its order; `next` is null at the end."""

    task: str
    items: Annotated[list[dict[str, Any]], Field(description="lm-eval's own rows")]
    next: str | None


@router.get("/{slug:result_id}/samples", response=SamplesOut, operation_id="list_samples")
def list_samples(request: HttpRequest, result_id: str) -> SamplesOut:
    """List the tasks that a result has samples of."""
    listed = samples.tasks(found(result_id))
    return SamplesOut(items=[TaskSamplesOut.from_orm(one) for one in listed])


@router.get("/{slug:result_id}/samples/{task}", response=RowsOut, operation_id="get_samples")
def get_samples(
    request: HttpRequest,
    response: HttpResponse,
    *,
    result_id: str,
    task: str,
    limit: Annotated[
        int, Query(description="how many at most; fewer come if they are large", ge=1, le=_MOST)
    ] = 50,
    cursor: Cursor = "",
) -> RowsOut:
    """Return rows of one task's samples."""
    start = read(request, cursor) or 0
    page = samples.rows(found(result_id), task, start=start, count=limit)
    if page is None:
        raise AssayError(
            "task_not_found",
            f"The result has no samples of a task {task!r}.",
            f"GET /api/v1/results/{result_id}/samples lists them.",
        )
    following = write(request, response, start + len(page.items)) if page.more else None
    return RowsOut(task=task, items=page.items, next=following)
