"""Whose token this is."""

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Schema

from evaluations.enums import Scope
from evaluations.queries import submissions
from leaderboard.api.access import reads, require

router = Router(tags=["me"])


class TokenOut(Schema):
    """The token that was sent, without its secret."""

    name: str
    prefix: str
    scopes: list[str]


class MeOut(Schema):
    """A person; `limit` is how many submissions they may have open."""

    username: str
    token: TokenOut
    open_submissions: int
    limit: int


@router.get("", response=MeOut, auth=reads, operation_id="get_me")
def get_me(request: HttpRequest) -> MeOut:
    """Say whose token this is and what it may do."""
    token = require(request, Scope.READ)
    return MeOut(
        username=token.by.get_username(),
        token=TokenOut.from_orm(token),
        open_submissions=submissions.open_of(token.by),
        limit=settings.ASSAY_OPEN_SUBMISSIONS,
    )
