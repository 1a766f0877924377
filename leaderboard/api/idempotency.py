"""The header `Idempotency-Key`: a request that is sent twice is done once."""

import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from evaluations.enums import Scope
from evaluations.models import IdempotentRequest
from evaluations.provenance.canonical import sha256_hex
from evaluations.services import idempotency
from evaluations.services.idempotency import Answer
from leaderboard.api.access import token_of

HEADER = "Idempotency-Key"
_CREATED, _BAD, _TOO_MANY, _FAULT = 201, 400, 429, 500


def once(
    request: HttpRequest, answer: Callable[[HttpRequest], HttpResponseBase]
) -> HttpResponseBase:
    """Answer a request, or give the answer again that its key got before.

    Raises:
        AssayError: see `idempotency.begin`.
    """
    key, token = request.headers.get(HEADER), token_of(request)
    if request.method != "POST" or key is None or not token or Scope.SUBMIT not in token.scopes:
        return answer(request)
    begun = idempotency.begin(by=token.by, key=key, sha256=_fingerprint(request))
    if isinstance(begun, Answer):
        return _again(begun)
    request.idempotent = begun  # type: ignore[attr-defined]
    return _first(request, begun, answer)


def submission_key(request: HttpRequest) -> str:
    """Return the key under which a request makes a submission; empty if it named none."""
    begun: IdempotentRequest | None = getattr(request, "idempotent", None)
    return idempotency.submission_key(begun)


def _fingerprint(request: HttpRequest) -> str:
    said = f"{request.method} {request.get_full_path()}\n".encode()
    return sha256_hex(said + request.body)


def _first(
    request: HttpRequest,
    begun: IdempotentRequest,
    answer: Callable[[HttpRequest], HttpResponseBase],
) -> HttpResponseBase:
    try:
        response = answer(request)
    except BaseException:
        idempotency.give_up(request=begun)
        raise
    passing = response.status_code >= _FAULT or response.status_code == _TOO_MANY
    if passing or not isinstance(response, HttpResponse):
        idempotency.give_up(request=begun)
    else:
        said = Answer(response.status_code, response.content.decode())
        idempotency.finish(request=begun, answer=said)
    return response


def _again(said: Answer) -> HttpResponse:
    kind = "application/problem+json" if said.status >= _BAD else "application/json; charset=utf-8"
    response = HttpResponse(said.body, status=said.status, content_type=kind)
    response.headers["Idempotency-Replayed"] = "true"
    if said.status == _CREATED:
        made = json.loads(said.body)["id"]
        response.headers["Location"] = reverse("api:get_submission", args=[made])
    return response
