"""Who may change what a board shows, and each time that somebody did."""

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from evaluations.queries import moderation
from evaluations.services.moderation import MOST_OPEN

#: Entries on one page.
_ROWS = 30
#: Far beyond any log, and within what a database takes as a number.
_PLACE = re.compile(r"\d{1,18}", re.ASCII)


def governance(request: HttpRequest) -> HttpResponse:
    """List what the log has on moderation, withdrawals, supersessions and keys, newest first."""
    before = request.GET.get("before", "")
    context = {
        "ledger": moderation.ledger(int(before) if _PLACE.fullmatch(before) else None, _ROWS),
        "is_newest": not before,
        "open": moderation.open_disputes().count(),
        "most_open": MOST_OPEN,
    }
    return render(request, "governance/governance.html", context)
