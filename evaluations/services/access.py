"""Tokens for the API: made once, shown once, kept as digests, revoked for good."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from evaluations.enums import Scope
from evaluations.errors import AssayError
from evaluations.models import ApiToken

#: Scanners for leaked secrets know a token by its beginning.
_BEGINNING = "assay_"
#: As in public identifiers: nothing is misread when a token is typed.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
#: Five bits each: 160 bits in all.
_LENGTH = 32
_PREFIX_LENGTH = len(_BEGINNING) + 6
_LONGEST_NAME = 100
#: Live tokens of one person.
MOST_TOKENS = 20
#: When a token was used last is kept to the minute, so that reading doesn't mean writing.
_FRESH = timedelta(minutes=1)


def make_token(*, by: User, name: str, scopes: Collection[str]) -> tuple[ApiToken, str]:
    """Make a token.

    Args:
        by: whose token it is; it may do what they may do, within its scopes.
        name: their own word for it, 1 to 100 characters.
        scopes: one or more of `Scope`.

    Returns:
        The token, and the secret that its owner must be shown now: it is kept nowhere.

    Raises:
        AssayError: if the name or the scopes make no sense, or there are too many tokens.
    """
    name = name.strip()
    _check(name, scopes)
    secret = _BEGINNING + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    with transaction.atomic():
        # The lock has requests of one person counted one after another.
        User.objects.select_for_update().get(pk=by.pk)
        if ApiToken.objects.filter(by=by, revoked_at=None).count() >= MOST_TOKENS:
            raise AssayError(
                "too_many_tokens", f"You have {MOST_TOKENS} tokens.", "Revoke one that is unused."
            )
        token = ApiToken.objects.create(
            by=by,
            name=name,
            prefix=secret[:_PREFIX_LENGTH],
            sha256=_digest(secret),
            scopes=[scope.value for scope in Scope if scope in scopes],
        )
    return token, secret


def _check(name: str, scopes: Collection[str]) -> None:
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise AssayError(
            "token_name",
            f"A token's name has 1 to {_LONGEST_NAME} characters.",
            "Say where the token is used, such as laptop or ci.",
        )
    if not scopes or not set(scopes) <= set(Scope):
        raise AssayError(
            "token_scopes",
            "A token needs at least one scope.",
            f"Choose from {', '.join(Scope)}.",
        )


def revoke_token(*, token: ApiToken) -> bool:
    """Revoke a token for good.

    Returns:
        Whether it was still good.
    """
    live = ApiToken.objects.filter(pk=token.pk, revoked_at=None)
    return bool(live.update(revoked_at=timezone.now()))


def authenticate(secret: str) -> ApiToken:
    """Return the token of a secret with its owner, and note that it was used.

    Raises:
        AssayError: if it is unknown or revoked, or its owner's account is closed.
    """
    found = (
        ApiToken.objects.select_related("by")
        .filter(sha256=_digest(secret), revoked_at=None, by__is_active=True)
        .first()
    )
    if found is None:
        raise AssayError(
            "token_invalid",
            "The token is unknown or was revoked.",
            "Make a new one on the page /account/ of this site.",
        )
    now = timezone.now()
    if found.last_used_at is None or now - found.last_used_at > _FRESH:
        ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
    return found


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
