"""Language models with their revisions and results."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema

from evaluations.enums import ModelSource
from evaluations.errors import AssayError
from evaluations.models import LanguageModel, Revision
from evaluations.queries import catalogue
from leaderboard.api.cursors import NO_NUL, Cursor, Limit, piece, read
from leaderboard.api.result_data import ResultItem, item

router = Router(tags=["models"])


class RevisionOut(Schema):
    """A commit of a model; `size` is of all files, in bytes."""

    commit: str
    licence: str
    architecture: str
    parameters: int
    size: int
    has_chat_template: bool
    created_at: datetime


class ModelOut(Schema):
    """A model with its revisions, the newest first."""

    name: str
    url: str
    revisions: list[RevisionOut]


class ModelDetailOut(ModelOut):
    """A model with its results too, the newest first; those that don't stand say so."""

    results: list[ResultItem]


class ModelsOut(Schema):
    """Models, the newest first; `next` is null at the end."""

    items: list[ModelOut]
    next: str | None


@router.get("", response=ModelsOut, operation_id="list_models")
def list_models(
    request: HttpRequest,
    response: HttpResponse,
    q: Annotated[str, Query(description="a part of the name", max_length=300, pattern=NO_NUL)] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> ModelsOut:
    """List the models that were submitted or registered."""
    rows = catalogue.after(read(request, cursor), limit + 1, search=q.strip())
    rows, following = piece(request, response, rows, limit)
    items = [_facts(request, model, list(model.revisions.all())) for model in rows]
    return ModelsOut(items=items, next=following)


@router.get("/{org}/{name}", response=ModelDetailOut, operation_id="get_model_by_name")
def get_model_by_name(request: HttpRequest, org: str, name: str) -> ModelDetailOut:
    """Describe a model; a `local:` model's organisation is `local`."""
    found = None
    if "\0" not in org + name:
        wanted = (org, name) if org == ModelSource.LOCAL else (ModelSource.HUB, f"{org}/{name}")
        found = catalogue.one(*wanted)
    if found is None:
        raise AssayError(
            "model_not_found",
            f"There is no model {org}/{name} here.",
            "GET /api/v1/models lists them.",
        )
    return ModelDetailOut(
        **_facts(request, found.model, found.revisions).model_dump(),
        results=[item(request, result) for result in found.results],
    )


def _facts(request: HttpRequest, model: LanguageModel, revisions: Sequence[Revision]) -> ModelOut:
    folder = "local/" if model.source == ModelSource.LOCAL else ""
    return ModelOut(
        name=str(model),
        url=request.build_absolute_uri(f"/models/{folder}{model.name}/"),
        revisions=[RevisionOut.from_orm(revision) for revision in revisions],
    )
