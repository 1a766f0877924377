"""A result: the certificate of one evaluation."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from evaluations.enums import DISPUTABLE_STATES, Act, SubmissionState
from evaluations.queries import moderation, replications, rescoring, results
from evaluations.queries.effort import effort
from evaluations.queries.pins import pins
from evaluations.queries.reruns import QUICK, rerun
from leaderboard.api.downloads import model_size
from leaderboard.api.links import links
from leaderboard.boards.place import place
from leaderboard.pages.seal import rosette


def result(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show what was measured, what is pinned, and how to check it."""
    found = results.by_id(public_id)
    if found is None:
        raise Http404(_("There is no such result."))
    before = rescoring.predecessor(found)
    state = found.submission.state
    lines, pinned = results.lines(found), pins(found)
    took = effort(getattr(found.submission, "run", None), found.environment)
    acts = moderation.acts(found)
    context = {
        "section": "boards",
        "result": found,
        "revision": found.revision,
        "board": found.board,
        "estimate": results.estimate(found),
        "place": place(found),
        "withdrawn": state == SubmissionState.WITHDRAWN,
        "removed": state == SubmissionState.REMOVED,
        "disputable": state in DISPUTABLE_STATES,
        "acts": acts,
        "removal": next((one for one in reversed(acts) if one.act == Act.REMOVE), None),
        "outdated": results.is_outdated(found),
        "suite": found.submission.suite,
        "supersedes": before,
        "superseded_by": rescoring.successor(found),
        "changes": rescoring.changes(found, before) if before else [],
        "lines": lines,
        "pins": pinned,
        "effort": took,
        "rerun": rerun(found, pinned, took, lines),
        "quick": QUICK,
        "links": links(request, found),
        "model_size": model_size(found.revision),
        "evidence": replications.evidence(found),
        "logged": results.logged(found),
        "seal": rosette(found.manifest_sha256),
    }
    return render(request, "results/result.html", context)
