"""A submission: where it stands, cancelling it, withdrawing it."""

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from evaluations.enums import SubmissionState
from evaluations.failures import MAX_ATTEMPTS, failure
from evaluations.models import Submission, SubmissionEvent
from evaluations.queries import submissions, workers
from evaluations.queries.lacking import lack
from evaluations.queries.pauses import pause
from evaluations.queries.progress import progress
from evaluations.queries.turns import position, wait
from evaluations.services import runs, withdrawal
from leaderboard.pages.labels import MENDERS, RETRIES, STAGE_NOTES
from leaderboard.pages.responses import SeeOther
from leaderboard.pages.waiting import missing


@never_cache
def submission(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show where a submission stands; `?fragment=1` asks for the part that changes."""
    found = _submission(public_id)
    meaning = failure(found.failure_code)
    place = position(found)
    come = progress(found)
    lacking = missing(lack(found, come, list(workers.living()))) if found.is_open else []
    context = {
        "section": "queue",
        "submission": found,
        "stages": [(stage, STAGE_NOTES[stage.state]) for stage in submissions.stages(found)],
        "progress": come,
        "position": place,
        "missing": lacking,
        "wait": wait(place) if place and not lacking else None,
        "pause": pause(found, come),
        "interruptions": submissions.interruptions(found),
        "failure": meaning if found.failure_code else None,
        "mender": MENDERS[meaning.mender],
        "retries": RETRIES[meaning.retry],
        "attempts": MAX_ATTEMPTS,
        "withdrawal": _withdrawal(found),
        "address": request.build_absolute_uri(reverse("submission", args=[public_id])),
        "may_cancel": found.is_open and _is_own(request, found),
        "may_withdraw": found.state == SubmissionState.PUBLISHED and _is_own(request, found),
    }
    whole = request.GET.get("fragment") != "1"
    template = "submissions/submission.html" if whole else "submissions/_live.html"
    return render(request, template, context)


@require_POST
def cancel(request: HttpRequest, public_id: str) -> HttpResponse:
    """Cancel a submission, for its submitter or the site's staff."""
    found = _submission(public_id)
    address = reverse("submission", args=[public_id])
    if not request.user.is_authenticated:
        return redirect_to_login(address)
    if not _is_own(request, found):
        raise PermissionDenied(_("Only the submitter or staff of this site can cancel this."))
    if runs.cancel(submission=found, by=request.user.get_username()):
        messages.success(request, _("The submission is cancelled."))
    else:
        messages.info(request, _("There was nothing left to cancel: it has ended already."))
    return SeeOther(address)


@require_POST
def withdraw(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take a published result off its board, for its submitter or the site's staff."""
    found = _submission(public_id)
    address = reverse("submission", args=[public_id])
    if not request.user.is_authenticated:
        return redirect_to_login(address)
    if not _is_own(request, found):
        raise PermissionDenied(_("Only the submitter or staff of this site can withdraw this."))
    if withdrawal.withdraw(submission=found, by=request.user.get_username()):
        messages.success(request, _("The submission is withdrawn."))
    else:
        messages.info(request, _("There was nothing left to withdraw: it has ended already."))
    return SeeOther(address)


def _submission(public_id: str) -> Submission:
    found = submissions.by_id(public_id)
    if found is None:
        raise Http404(_("There is no such submission."))
    return found


def _withdrawal(found: Submission) -> SubmissionEvent | None:
    if found.state != SubmissionState.WITHDRAWN:
        return None
    return found.events.filter(state=SubmissionState.WITHDRAWN).first()


def _is_own(request: HttpRequest, found: Submission) -> bool:
    user = request.user
    return user.is_authenticated and submissions.may_end(found, user)
