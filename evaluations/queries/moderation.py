"""Acts of moderation, and all that the log has on what was taken off boards and on its keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from evaluations.enums import Act
from evaluations.models import LogEntry, ModerationAct, Result
from evaluations.provenance.records import Kind, read_record

#: What `/governance/` lists; the index `log_governance` is for these.
KINDS = (Kind.KEY, Kind.MODERATION, Kind.RETRACT, Kind.SUPERSEDE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the log as `/governance/` shows it.

    Attributes:
        place: by which `ledger` goes on; not the index, which it may not have yet.
        index: in the log; None until the sequencer has come by.
        at: when it was written, in UTC.
        about: what the record says.
        record: all of it, as the log has it.
        act: the act, with its words; None for what was no moderation.
        result: what it is about; of a supersession, the new one. None for keys, and for submissions
            without a result.
    """

    place: int
    index: int | None
    kind: Kind
    at: datetime
    about: Mapping[str, Any]
    record: str
    act: ModerationAct | None
    result: Result | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """A page of entries, the newest first; `more` is the place after which it goes on, or None."""

    entries: Sequence[Entry]
    more: int | None


def ledger(before: int | None, count: int) -> Ledger:
    """Return so many entries.

    Args:
        before: a place, for those older than it; None begins at the newest.
        count: how many at most.
    """
    found = (
        LogEntry.objects.filter(kind__in=KINDS)
        .select_related("act__by", "act__answers", "submission__result__revision__model")
        .only(
            "kind", "record", "index", "act__public_id", "act__act", "act__outcome",
            "act__reason", "act__by__username", "act__answers__public_id", "submission__state",
            "submission__result__public_id", "submission__result__revision__commit",
            "submission__result__revision__model__source",
            "submission__result__revision__model__name",
        )
        .order_by("-pk")
    )  # fmt: skip
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(found[: count + 1])
    return Ledger(
        [_entry(row) for row in rows[:count]], rows[count - 1].pk if len(rows) > count else None
    )


def _entry(row: LogEntry) -> Entry:
    record = read_record(row.record.encode())
    return Entry(
        place=row.pk,
        index=row.index,
        kind=record.kind,
        at=datetime.fromisoformat(record.at),
        about=record.about,
        record=row.record,
        act=getattr(row, "act", None),
        result=getattr(row.submission, "result", None) if row.submission else None,
    )


def acts(result: Result) -> list[ModerationAct]:
    """Return all acts about a result but answers, which come with their disputes; oldest first."""
    return list(
        _whole()
        .filter(result=result)
        .exclude(act=Act.ANSWER)
        .defer("answer__entry__record", "entry__record")
        .order_by("pk")
    )


def removal(result: Result) -> ModerationAct | None:
    """Return the act that took a result off its board last, or None."""
    removals = ModerationAct.objects.filter(result=result, act=Act.REMOVE)
    return removals.select_related("entry").last()


def open_disputes() -> QuerySet[ModerationAct]:
    """Return the disputes that nobody has answered, the oldest first."""
    return ModerationAct.objects.filter(act=Act.DISPUTE, answer=None)


def waiting() -> list[ModerationAct]:
    """Return the open disputes with their results, the oldest first."""
    found = open_disputes().select_related("by", "result__revision__model", "result__board")
    return list(found.order_by("pk"))


def by_id(public_id: str) -> ModerationAct | None:
    """Return an act, or None."""
    return _whole().filter(public_id=public_id).first()


def _whole() -> QuerySet[ModerationAct]:
    return ModerationAct.objects.select_related("by", "entry", "answer__by", "answer__entry")
