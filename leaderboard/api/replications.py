"""Replications of a result: sent in, listed, and downloaded."""

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.request import UnreadablePostError
from django.urls import reverse
from ninja import Schema, Status

from evaluations.errors import AssayError
from evaluations.models import Replication, Result
from evaluations.provenance.replication.archive import MOST_BYTES
from evaluations.queries import replications
from evaluations.services import replications as service
from leaderboard.api import downloads
from leaderboard.api.access import submits, token_of
from leaderboard.api.cursors import Cursor, Limit, piece, read
from leaderboard.api.results import found, router

__all__ = ["router"]

_CHUNK = 1 << 20
_CREATED, _OK = 201, 200


class ReplicationItem(Schema):
    """A replication in a list.

    Attributes:
        verdict: R0, R1, R2 or diverged, as this site computed it from both runs' samples.
        documents: how many of each task an audit answered; null for a whole run.
        by: who sent it in.
        keyid: of the key that signed it.
    """

    id: str
    url: str
    verdict: str
    documents: int | None
    by: str
    keyid: str
    bundle: str
    bundle_sha256: str
    bundle_size: int
    manifest_sha256: str
    created_at: datetime


class ReplicationsOut(Schema):
    """A result's replications, the newest first; `next` is null at the end."""

    items: list[ReplicationItem]
    next: str | None


class ReplicationOut(ReplicationItem):
    """A replication with what was signed, and the comparison that this site made."""

    statement: dict[str, Any]
    comparison: dict[str, Any]


@router.get(
    "/{slug:result_id}/replications", response=ReplicationsOut, operation_id="list_replications"
)
def list_replications(
    request: HttpRequest,
    response: HttpResponse,
    *,
    result_id: str,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> ReplicationsOut:
    """List a result's replications, the divergent ones included."""
    result = found(result_id)
    rows = replications.after(result, read(request, cursor), limit + 1)
    rows, following = piece(request, response, rows, limit)
    items = [ReplicationItem(**_facts(request, result, row)) for row in rows]
    return ReplicationsOut(items=items, next=following)


@router.post(
    "/{slug:result_id}/replications",
    response={200: ReplicationOut, 201: ReplicationOut},
    auth=submits,
    operation_id="submit_replication",
    openapi_extra={
        "requestBody": {
            "description": f"a replication's tar, {MOST_BYTES} bytes at most",
            "required": True,
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
        }
    },
)
def submit_replication(
    request: HttpRequest, response: HttpResponse, result_id: str
) -> Status[ReplicationOut]:
    """Take a replication, if its samples give what it says; the same one twice is one."""
    result, token = found(result_id), token_of(request)
    assert token is not None  # noqa: S101  told to the type checker; `auth=submits` saw to it
    with tempfile.TemporaryDirectory(prefix="assay-replication-") as folder:
        archive = Path(folder) / "replication.tar"
        _save(request, archive)
        made, is_new = service.receive(by=token.by, result=result, archive=archive)
    response.headers["Location"] = reverse(
        "api:get_replication", args=[result.public_id, made.public_id]
    )
    return Status(_CREATED if is_new else _OK, _details(request, result, made))


@router.get(
    "/{slug:result_id}/replications/{slug:replication_id}",
    response=ReplicationOut,
    operation_id="get_replication",
)
def get_replication(request: HttpRequest, result_id: str, replication_id: str) -> ReplicationOut:
    """Return a replication with its statement and comparison."""
    result = found(result_id)
    return _details(request, result, _one(result, replication_id))


@router.api_operation(
    ["GET", "HEAD"],
    "/{slug:result_id}/replications/{slug:replication_id}/bundle.tar",
    operation_id="get_replication_bundle",
)
def get_replication_bundle(
    request: HttpRequest, result_id: str, replication_id: str
) -> HttpResponseBase:
    """Return a replication's own bundle, signed by who made it."""
    return downloads.replication(request, _one(found(result_id), replication_id))


def _one(result: Result, public_id: str) -> Replication:
    made = replications.by_id(result, public_id)
    if made is None:
        raise AssayError(
            "replication_not_found",
            f"The result has no replication {public_id!r}.",
            f"GET /api/v1/results/{result}/replications lists them.",
        )
    return made


def _save(request: HttpRequest, target: Path) -> None:
    """Write a request's body to a file, piece by piece, up to the limit."""
    size = 0
    try:
        with target.open("wb") as file:
            while chunk := request.read(_CHUNK):
                size += len(chunk)
                if size > MOST_BYTES:
                    raise service.too_large(size)
                file.write(chunk)
    except UnreadablePostError:
        raise AssayError("bad_request", "The replication broke off.", "Send it again.") from None


def _details(request: HttpRequest, result: Result, made: Replication) -> ReplicationOut:
    facts = _facts(request, result, made)
    return ReplicationOut(**facts, statement=made.statement, comparison=made.comparison)


def _facts(request: HttpRequest, result: Result, made: Replication) -> dict[str, Any]:
    key = [result.public_id, made.public_id]
    return {
        "id": made.public_id,
        "url": request.build_absolute_uri(reverse("api:get_replication", args=key)),
        "verdict": made.verdict,
        "documents": made.documents,
        "by": made.by.get_username(),
        "keyid": made.keyid,
        "bundle": request.build_absolute_uri(reverse("api:get_replication_bundle", args=key)),
        "bundle_sha256": made.bundle_sha256,
        "bundle_size": made.bundle_size,
        "manifest_sha256": made.manifest_sha256,
        "created_at": made.created_at,
    }
