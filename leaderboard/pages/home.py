"""The first page: what this is, a model for a need, the boards, what was logged last."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from evaluations.models import LogEntry, Result
from evaluations.queries import boards, log, results
from evaluations.queries.totals import totals
from leaderboard.boards.finder import ROOMS, find
from leaderboard.pages.seal import rosette

_NEWEST = 8


@dataclass(frozen=True, slots=True)
class Logged:
    """An entry of the log with what its record says."""

    entry: LogEntry
    about: dict[str, Any]
    at: datetime

    @property
    def result(self) -> Result | None:
        """The result that it is about; None if there is none."""
        return getattr(self.entry.submission, "result", None)


def home(request: HttpRequest) -> HttpResponse:
    """Show the boards with who leads, the finder and its answer, and the log's newest entries."""
    newest = results.latest(1)
    context = {
        "section": "boards",
        "boards": boards.overview(),
        "latest": newest[0] if newest else None,
        "seal": rosette(newest[0].manifest_sha256) if newest else None,
        "finder": find(request.GET),
        "rooms": [(key, label) for key, (_room, label) in ROOMS.items()],
        "logged": [_logged(entry) for entry in log.newest(_NEWEST)],
        "totals": totals(),
    }
    return render(request, "home.html", context)


def _logged(entry: LogEntry) -> Logged:
    record = json.loads(entry.record)
    return Logged(entry, record["about"], datetime.fromisoformat(record["at"]))
