"""Questioning a result: the form, and what happens next."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from evaluations.enums import DISPUTABLE_STATES, SubmissionState
from evaluations.errors import AssayError
from evaluations.models import Result
from evaluations.queries import moderation, results
from evaluations.services.moderation import dispute as open_dispute
from leaderboard.forms.disputes import DisputeForm
from leaderboard.pages.responses import SeeOther


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def dispute(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show the form, or take it and lead back to the result."""
    found = results.by_id(public_id)
    if found is None:
        raise Http404(_("There is no such result."))
    if request.method != "POST":
        return _page(request, found, DisputeForm())
    form = DisputeForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    assert request.user.is_authenticated  # noqa: S101  told to the type checker; the decorator saw to it
    try:
        made = open_dispute(by=request.user, result=found, reason=form.cleaned_data["reason"])
    except AssayError as refusal:
        form.refuse(refusal)
        return _page(request, found, form, status=422)
    messages.success(request, _("Your dispute is open; everybody can read it below."))
    return SeeOther(reverse("result", args=[public_id]) + f"#act-{made.public_id}")


def _page(
    request: HttpRequest, found: Result, form: DisputeForm, *, status: int = 200
) -> HttpResponse:
    assert request.user.is_authenticated  # noqa: S101  likewise
    context = {
        "section": "boards",
        "result": found,
        "revision": found.revision,
        "board": found.board,
        "form": form,
        "own": moderation.open_disputes().filter(by=request.user, result=found).first(),
        "disputable": found.submission.state in DISPUTABLE_STATES,
        "removed": found.submission.state == SubmissionState.REMOVED,
    }
    return render(request, "disputes/dispute.html", context, status=status)
