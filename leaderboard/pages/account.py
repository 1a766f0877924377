"""A person's own page: tokens for the API."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from evaluations.enums import Scope
from evaluations.errors import AssayError
from evaluations.models import ApiToken
from evaluations.services.access import make_token, revoke_token
from leaderboard.pages.labels import SCOPES
from leaderboard.pages.responses import SeeOther


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """List a person's tokens; make one, and show its secret this once."""
    if request.method != "POST":
        return _page(request, chosen=list(Scope))
    name, chosen = request.POST.get("name", ""), request.POST.getlist("scopes")
    try:
        made, secret = make_token(by=_person(request), name=name, scopes=chosen)
    except AssayError as error:
        return _page(request, status=422, error=error, name=name, chosen=chosen)
    return _page(request, made=made, secret=secret, chosen=list(Scope))


@require_POST
@login_required
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke one of a person's own tokens."""
    token = ApiToken.objects.filter(pk=pk, by=_person(request)).first()
    if token is None:
        raise Http404(_("There is no such token."))
    if revoke_token(token=token):
        messages.success(request, _("The token is revoked; it opens nothing any more."))
    return SeeOther(reverse("account"))


def _person(request: HttpRequest) -> User:
    assert request.user.is_authenticated  # noqa: S101  told to the type checker; the decorator saw to it
    return request.user


def _page(request: HttpRequest, *, status: int = 200, **context: object) -> HttpResponse:
    tokens = ApiToken.objects.filter(by=_person(request), revoked_at=None)
    context |= {
        "section": "account",
        "tokens": tokens,
        "scopes": SCOPES.items(),
        "site": request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "account/account.html", context, status=status)
