"""The form that takes a model, and the names that it suggests."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from evaluations.enums import ModelSource, Precision
from evaluations.errors import AssayError
from evaluations.hub import client
from evaluations.queries import boards, models
from evaluations.queries.progress import working
from evaluations.services.submissions import RefusedError
from evaluations.services.submissions import submit as submit_model
from leaderboard.forms.submissions import SubmissionForm
from leaderboard.pages.responses import SeeOther

#: Suggestions are few and short-lived; what is typed is looked up at the hub for everybody once.
_SUGGESTIONS = 10
_LEAST_TYPED, _MOST_TYPED = 2, 100
_CACHED_SECONDS = 300


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


@never_cache
@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """Return models whose names hold what was typed: those known here, then the hub's."""
    if not request.user.is_authenticated:
        return JsonResponse({"models": []}, status=401)
    typed = request.GET.get("q", "").replace("\0", "").strip()
    if not _LEAST_TYPED <= len(typed) <= _MOST_TYPED:
        return JsonResponse({"models": []})
    known = models.names(_SUGGESTIONS, part=typed)
    found = [] if typed.startswith(f"{ModelSource.LOCAL}:") else _hub_names(typed)
    return JsonResponse({"models": list(dict.fromkeys([*known, *found]))[:_SUGGESTIONS]})


def _hub_names(typed: str) -> list[str]:
    words = typed.removeprefix(f"{ModelSource.HUB}:")
    key = f"hub-search:{words.encode().hex()}"
    names: list[str] | None = cache.get(key)
    if names is None:
        try:
            names = client.search(words, _SUGGESTIONS)
        except AssayError:
            # A suggestion less; whoever submits learns what is wrong.
            names = []
        cache.set(key, names, _CACHED_SECONDS if names else _CACHED_SECONDS // 10)
    return [f"{ModelSource.HUB}:{name}" for name in names]
