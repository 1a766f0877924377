"""How a site does, in a few numbers that anybody may see: no names of hosts, no secrets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min

from evaluations.enums import SubmissionState
from evaluations.failures import Failure, failure
from evaluations.models import LogEntry, Submission, WorkerProcess
from evaluations.provenance.records import read_record
from evaluations.queries import workers
from evaluations.queries.log import latest

#: Failures are counted over so long.
LATELY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class LogState:
    """How far the sequencer has come.

    Attributes:
        size: entries under the newest checkpoint, which was signed at `signed`.
        waiting: entries that wait for their place, the oldest since `since`.
    """

    size: int
    signed: datetime | None
    waiting: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Failed:
    """How many submissions failed with a code."""

    code: str
    failure: Failure
    count: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the database tells.

    Attributes:
        workers: that live; `seen` is when any of all was heard of last.
        queued: submissions that wait, the oldest since `oldest`.
        failures: of the last seven days, the most frequent first.
    """

    log: LogState
    workers: int
    seen: datetime | None
    queued: int
    oldest: datetime | None
    failures: Sequence[Failed]


def numbers(now: datetime) -> Numbers:
    """Return how a site does just now."""
    queue = Submission.objects.filter(state=SubmissionState.QUEUED).aggregate(
        count=Count("pk"), oldest=Min("created_at")
    )
    return Numbers(
        log=_log(),
        workers=workers.living().count(),
        seen=WorkerProcess.objects.aggregate(seen=Max("seen_at"))["seen"],
        queued=queue["count"],
        oldest=queue["oldest"],
        failures=_failures(now - LATELY),
    )


def _log() -> LogState:
    newest = latest()
    waiting = LogEntry.objects.filter(index=None).aggregate(count=Count("pk"), first=Min("pk"))
    return LogState(
        size=newest.size if newest else 0,
        signed=newest.at if newest else None,
        waiting=waiting["count"],
        since=_written(waiting["first"]) if waiting["count"] else None,
    )


def _written(entry: int) -> datetime | None:
    """Return when an entry was written; None if it has got its place meanwhile and is gone."""
    record = LogEntry.objects.filter(pk=entry).values_list("record", flat=True).first()
    return datetime.fromisoformat(read_record(record.encode()).at) if record else None


def _failures(since: datetime) -> list[Failed]:
    found = (
        Submission.objects.filter(
            state=SubmissionState.FAILED,
            events__state=SubmissionState.FAILED,
            events__at__gt=since,
        )
        .order_by()
        .values_list("failure_code")
        .annotate(count=Count("pk", distinct=True))
    )
    counted = sorted(found, key=lambda row: (-row[1], row[0]))
    return [Failed(code, failure(code), count) for code, count in counted]
