"""The form that takes a model."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from evaluations.enums import Precision
from evaluations.queries import boards, models
from evaluations.queries.progress import working
from evaluations.services.submissions import RefusedError
from evaluations.services.submissions import submit as submit_model
from leaderboard.forms.submissions import SubmissionForm
from leaderboard.pages.responses import SeeOther


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def submit(request: HttpRequest) -> HttpResponse:
    """Show the form, or take it and lead on to the submission."""
    if request.method != "POST":
        board = request.GET.get("board") or boards.only_open()
        return _page(request, SubmissionForm.blank(model=request.GET.get("model", ""), board=board))
    form = SubmissionForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    assert request.user.is_authenticated  # noqa: S101  told to the type checker; the decorator saw to it
    try:
        submission, _ = submit_model(by=request.user, **form.request())
    except RefusedError as refusal:
        form.refuse(refusal)
        return _page(request, form, status=422)
    return SeeOther(reverse("submission", args=[submission.public_id]))


def _page(request: HttpRequest, form: SubmissionForm, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "boards": boards.overview(),
        "models": models.names(),
        "precisions": list(Precision),
        "open": working(),
        "limit": settings.ASSAY_OPEN_SUBMISSIONS,
    }
    return render(request, "submissions/submit.html", context, status=status)
