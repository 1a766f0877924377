"""Requests that may be sent twice: the first answer to a key is kept and given again."""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from evaluations.errors import AssayError
from evaluations.models import IdempotentRequest
from evaluations.provenance.canonical import sha256_hex

#: A first request that is at work for longer has died; the next one takes over.
ABANDONED = timedelta(minutes=5)
#: After so long nobody sends the first request again.
KEPT = timedelta(days=2)
_KEY_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a request: HTTP status and body."""

    status: int
    body: str


def begin(*, by: User, key: str, sha256: str) -> IdempotentRequest | Answer:
    """Start a request under a key.

    Args:
        by: whose request it is; keys of two people never meet.
        key: 1 to 64 visible ASCII characters.
        sha256: of all that makes two requests the same.

    Returns:
        The request to be finished or given up, or the answer that it got before.

    Raises:
        AssayError: if the key is malformed, names another request, or the first is still at work.
    """
    _check(key)
    try:
        with transaction.atomic():
            return IdempotentRequest.objects.create(by=by, key=key, sha256=sha256)
    except IntegrityError:
        earlier = IdempotentRequest.objects.filter(by=by, key=key).first()
    if earlier is None:
        # The first was given up this very moment.
        raise _in_progress()
    if earlier.sha256 != sha256:
        raise AssayError(
            "idempotency_key_reused",
            "This idempotency key was used for another request.",
            "Make a new key for each new request; send an old one only to repeat a request.",
        )
    if earlier.status:
        return Answer(earlier.status, earlier.body)
    return _taken_over(earlier)


def _check(key: str) -> None:
    if not 0 < len(key) <= _KEY_LENGTH or not all("!" <= character <= "~" for character in key):
        raise AssayError(
            "invalid_request",
            f"The idempotency key must have 1 to {_KEY_LENGTH} visible ASCII characters.",
            "A random UUID will do.",
        )


def _taken_over(earlier: IdempotentRequest) -> IdempotentRequest:
    now = timezone.now()
    # The moment is compared, so that of several that come late one takes over.
    same = IdempotentRequest.objects.filter(
        pk=earlier.pk, status=0, created_at=earlier.created_at, created_at__lt=now - ABANDONED
    )
    if not same.update(created_at=now):
        raise _in_progress()
    earlier.created_at = now
    return earlier


def _in_progress() -> AssayError:
    return AssayError(
        "request_in_progress",
        "The first request with this idempotency key is still at work.",
        "Send it again in a few seconds.",
    )


def finish(*, request: IdempotentRequest, answer: Answer) -> None:
    """Keep a request's answer, unless another has taken the request over."""
    _held(request).update(status=answer.status, body=answer.body)


def give_up(*, request: IdempotentRequest) -> None:
    """Forget a request that was not answered for good, so that it may be tried again."""
    _held(request).delete()


def prune() -> int:
    """Forget answers that are older than `KEPT`; returns how many."""
    old = IdempotentRequest.objects.filter(created_at__lt=timezone.now() - KEPT)
    return old.delete()[0]


def _held(request: IdempotentRequest) -> QuerySet[IdempotentRequest]:
    return IdempotentRequest.objects.filter(pk=request.pk, status=0, created_at=request.created_at)


def submission_key(request: IdempotentRequest | None) -> str:
    """Return the key that makes a submission of this request one, whatever happens in between.

    It names the request too: a key whose request was given up may be used for another one.
    """
    if request is None:
        return ""
    return f"api-{sha256_hex(f'{request.key} {request.sha256}'.encode())[:60]}"
