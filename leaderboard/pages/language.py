"""A reader's choice of the site's language, kept in a cookie."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from leaderboard.pages.responses import SeeOther


@never_cache
@require_safe
def language(request: HttpRequest) -> HttpResponse:
    """Remember the language that `to` names, and go back to the page that `next` names.

    A link, so that it works everywhere: it changes nothing but how the reader's own pages read.
    """
    chosen = request.GET.get("to", "")
    if chosen not in dict(settings.LANGUAGES):
        raise Http404(_("This site does not speak that language."))
    response = SeeOther(_next(request))
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        chosen,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        samesite="Lax",
        secure=request.is_secure(),
        httponly=True,
    )
    return response


def _next(request: HttpRequest) -> str:
    """Return a page of this site; the first one if the reader was to be led elsewhere."""
    wanted = request.GET.get("next", "")
    # No host is allowed: what we link to is a path.
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return reverse("home")
