"""How the site does, in words that anybody may read: no host, no path, no secret."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version

from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control

from evaluations.queries.status import Numbers, numbers
from leaderboard.pages import probes
from leaderboard.templatetags.assay import count, duration

#: Past these a reader may want to know that something waits.
_LATE = timedelta(minutes=2)
_LOW_SHARE, _LOW_BYTES = 0.05, 2 * 10**9


@dataclass(frozen=True, slots=True)
class Part:
    """A component of the site.

    Attributes:
        state: `ok`, `warn` or `bad`; `word` says the same.
        detail: a short sentence, or nothing.
    """

    name: str
    state: str
    word: str
    detail: str = ""


@cache_control(max_age=10)
def status(request: HttpRequest) -> HttpResponse:
    """Show every component with its state; 503 if the database is away."""
    now = timezone.now()
    found = _numbers(now)
    if found is None:
        # Who is signed in stands in the database.
        request.user = AnonymousUser()
    parts = [*_foundations(answers=found is not None), *(_others(found, now) if found else [])]
    context = {
        "section": "status",
        "parts": parts,
        "wrong": sum(part.state == "bad" for part in parts),
        "late": sum(part.state == "warn" for part in parts),
        "numbers": found,
        "version": version("assay"),
        "now": now,
    }
    return render(request, "status.html", context, status=200 if found else 503)


def _numbers(now: datetime) -> Numbers | None:
    try:
        return numbers(now) if probes.database() else None
    except DatabaseError:
        return None


def _foundations(*, answers: bool) -> list[Part]:
    return [
        _answering(_("Database"), answers=answers),
        _answering(_("Broker"), answers=probes.broker(), hint=_(
            "Nothing is lost: workers look for work by themselves, a little later."
        )),
        _answering(_("Artefact store"), answers=probes.artefacts(), hint=_(
            "Bundles can't be downloaded just now, and runs wait."
        )),
        _disk(),
    ]  # fmt: skip


def _answering(name: str, *, answers: bool, hint: str = "") -> Part:
    return Part(name, "ok", _("answers")) if answers else Part(name, "bad", _("away"), hint)


def _disk() -> Part:
    name, found = _("Disk of the site's state"), probes.disk()
    if found is None:
        return Part(name, "bad", _("away"))
    free, total = found
    detail = _("%(free)s free of %(total)s") % {
        "free": filesizeformat(free),
        "total": filesizeformat(total),
    }
    low = free < max(_LOW_BYTES, _LOW_SHARE * total)
    return (
        Part(name, "warn", _("nearly full"), detail)
        if low
        else Part(name, "ok", _("has room"), detail)
    )


def _others(found: Numbers, now: datetime) -> Sequence[Part]:
    return [_log(found, now), _workers(found, now), _queue(found, now)]


def _log(found: Numbers, now: datetime) -> Part:
    name, log = _("Log"), found.log
    size = ngettext("%(n)s entry is signed", "%(n)s entries are signed", log.size) % {
        "n": count(log.size)
    }
    if not log.waiting:
        return Part(name, "ok", _("up to date"), size if log.size else _("It is empty so far."))
    delay = now - log.since if log.since else timedelta()
    detail = ngettext(
        "%(n)s entry waits for its place, the oldest for %(time)s; %(size)s",
        "%(n)s entries wait for their place, the oldest for %(time)s; %(size)s",
        log.waiting,
    ) % {"n": count(log.waiting), "time": duration(delay), "size": size}
    late = delay > _LATE
    return Part(name, "warn" if late else "ok", _("late") if late else _("at work"), detail)


def _workers(found: Numbers, now: datetime) -> Part:
    name = _("Workers")
    seen = (
        _("last heard of %(time)s ago") % {"time": duration(now - found.seen)} if found.seen else ""
    )
    if not found.workers:
        return Part(name, "warn", _("none is there"), seen)
    return Part(name, "ok", _("%(n)s live") % {"n": count(found.workers)}, seen)


def _queue(found: Numbers, now: datetime) -> Part:
    name = _("Queue")
    if found.oldest is None:
        return Part(name, "ok", _("empty"))
    detail = _("the oldest has waited for %(time)s") % {"time": duration(now - found.oldest)}
    state = "ok" if found.workers else "warn"
    return Part(name, state, _("%(n)s waiting") % {"n": count(found.queued)}, detail)
