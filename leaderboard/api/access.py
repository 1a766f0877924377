"""Who asks: a token in the header, never a cookie."""

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from evaluations.enums import Scope
from evaluations.errors import AssayError
from evaluations.models import ApiToken
from evaluations.services.access import authenticate

_SCHEME = "bearer"


def identify(request: HttpRequest) -> None:
    """Find the token that a request carries; `token_of` returns it from then on.

    Raises:
        AssayError: if it carries one that is no good.
    """
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == _SCHEME:
        request.api_token = authenticate(secret.strip())  # type: ignore[attr-defined]


def token_of(request: HttpRequest) -> ApiToken | None:
    """Return the token that a request carries, or None."""
    return getattr(request, "api_token", None)


def require(request: HttpRequest, scope: Scope) -> ApiToken:
    """Return the token that a request carries.

    Raises:
        AssayError: if there is none, or it may not do this.
    """
    token = token_of(request)
    if token is None:
        raise AssayError(
            "token_required",
            "This needs a token.",
            "Make one on the page /account/ and send it as `Authorization: Bearer assay_…`.",
        )
    if scope not in token.scopes:
        raise AssayError(
            "scope_missing",
            f"The token {token.name!r} lacks the scope {scope.value!r}.",
            "Make a token with this scope on the page /account/.",
        )
    return token


class Token(HttpBearer):
    """Ninja's word for an operation that needs a token; the schema tells so."""

    openapi_bearerFormat = "assay_…"  # noqa: N815  OpenAPI's own spelling
    openapi_description = "Made on the page /account/, with the scopes `read` or `submit`."

    def __init__(self, scope: Scope) -> None:
        """Need this scope."""
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> ApiToken:
        """Let the request in, or refuse it."""
        return require(request, self.scope)

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """Not asked: the middleware has read the header before."""
        raise NotImplementedError


reads = Token(Scope.READ)
submits = Token(Scope.SUBMIT)
