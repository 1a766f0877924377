"""Where a result's files are, as absolute addresses."""

from django.http import HttpRequest
from django.urls import reverse
from ninja import Schema

from evaluations.enums import ModelSource
from evaluations.licences import may_redistribute
from evaluations.models import Result
from evaluations.queries.results import log_index


class Links(Schema):
    """Addresses of a result; `files` is the folder of those that follow it.

    Attributes:
        statement: null for a result from before there was a log.
        model: null where the licence doesn't let this site pass the model on, and for models of
            a hub, which stay there.
    """

    page: str
    files: str
    config: str
    bundle: str
    statement: str | None
    model: str | None
    submission: str
    board: str


def links(request: HttpRequest, result: Result) -> Links:
    """Return the addresses of a result's page and files."""
    return Links(
        page=_absolute(request, "result", result.public_id),
        config=_absolute(request, "api:get_config", result.public_id),
        files=_absolute(request, "api:get_result", result.public_id),
        bundle=_absolute(request, "api:get_bundle", result.public_id),
        statement=(
            _absolute(request, "api:get_statement", result.public_id)
            if log_index(result) is not None
            else None
        ),
        model=(
            _absolute(request, "api:get_model", result.public_id)
            if result.revision.model.source == ModelSource.LOCAL
            and may_redistribute(result.revision.licence)
            else None
        ),
        submission=_absolute(request, "submission", result.submission.public_id),
        board=_absolute(request, "board", result.board.slug),
    )


def _absolute(request: HttpRequest, name: str, key: str) -> str:
    return request.build_absolute_uri(reverse(name, args=[key]))
