"""The samples of a result: every document with the model's answers, as lm-eval wrote them."""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from ninja import Field, Query, Schema

from evaluations.errors import AssayError
from evaluations.queries import sample_tables, samples
from evaluations.queries.sample_tasks import tasks
from leaderboard.api import downloads
from leaderboard.api.cursors import Cursor, read, write
from leaderboard.api.results import found, router

__all__ = ["router"]

_MOST = 200


class TaskSamplesOut(Schema):
    """One task's samples; the root is an RFC 6962 tree hash over the rows.

    Attributes:
        parquet: the address of a table with the same rows; null if they are withheld, or it has
            not been made.
    """

    task: str
    rows: int
    root: str
    parquet: str | None


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
    result = found(result_id)
    readable = {task.name for task in tasks(result) if task.table and not task.withheld}
    return SamplesOut(
        items=[
            TaskSamplesOut(
                task=one.task,
                rows=one.rows,
                root=one.root,
                parquet=_address(request, result_id, one.task) if one.task in readable else None,
            )
            for one in samples.tasks(result)
        ]
    )


def _address(request: HttpRequest, result_id: str, task: str) -> str:
    return request.build_absolute_uri(reverse("api:get_sample_table", args=[result_id, task]))


@router.api_operation(
    ["GET", "HEAD"], "/{slug:result_id}/samples/{task}.parquet", operation_id="get_sample_table"
)
def get_sample_table(request: HttpRequest, result_id: str, task: str) -> HttpResponseBase:
    """Return a task's samples as a Parquet table, whole or in part."""
    result = found(result_id)
    table = sample_tables.table_of(result, task)
    if table is None:
        raise _no_table(result_id, task, known=any(one.name == task for one in tasks(result)))
    return downloads.samples(request, result, table)


def _no_table(result_id: str, task: str, *, known: bool) -> AssayError:
    if known:
        return AssayError(
            "table_not_made",
            f"The samples of {task} have not been copied into a table yet.",
            f"GET /api/v1/results/{result_id}/samples/{task} has their rows.",
        )
    return _no_task(result_id, task)


def _no_task(result_id: str, task: str) -> AssayError:
    return AssayError(
        "task_not_found",
        f"The result has no samples of a task {task!r}.",
        f"GET /api/v1/results/{result_id}/samples lists them.",
    )


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
        raise _no_task(result_id, task)
    following = write(request, response, start + len(page.items)) if page.more else None
    return RowsOut(task=task, items=page.items, next=following)
