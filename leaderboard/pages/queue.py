"""The queue as everybody may see it: whose turn it is, and who works on what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from evaluations.models import Submission, WorkerProcess
from evaluations.queries.lacking import lack
from evaluations.queries.progress import Progress, progress_of
from evaluations.queries.queue import Queue
from evaluations.queries.queue import queue as find_queue
from leaderboard.pages.waiting import missing


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the queue.

    Attributes:
        missing: sentences about what no living worker has.
        pauses: whether it was interrupted and waits for its next attempt.
    """

    submission: Submission
    progress: Progress
    missing: list[str]
    pauses: bool


@never_cache
def queue(request: HttpRequest) -> HttpResponse:
    """Show what is at work, what waits, who works, and what ended lately."""
    found = find_queue()
    context = {
        "section": "queue",
        "queue": found,
        "working": _rows(found.working, found.workers),
        "waiting": _rows(found.waiting, found.workers),
        "has_priorities": _has_priorities(found),
    }
    return render(request, "queue.html", context)


def _rows(submissions: Sequence[Submission], crew: Sequence[WorkerProcess]) -> list[Row]:
    now = timezone.now()
    return [
        Row(submission, come, missing(lack(submission, come, crew)), _pauses(submission, now))
        for submission, come in zip(submissions, progress_of(submissions), strict=True)
    ]


def _pauses(submission: Submission, now: datetime) -> bool:
    run = getattr(submission, "run", None)
    return bool(run and run.not_before and run.not_before > now)


def _has_priorities(found: Queue) -> bool:
    return any(submission.board.priority for submission in found.waiting)
