"""Writing to the log: an entry comes into being in the transaction of what it tells.

Its place in the log it gets from the sequencer, a moment later.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from evaluations.models import LogEntry, Submission, Suite
from evaluations.provenance.records import Kind, Record
from evaluations.queries.log import entry_of
from evaluations.queries.protocol import benchmark_version
from evaluations.services.bell import ring_on_commit


def now() -> str:
    """Return the time as records give it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def append(
    *,
    kind: Kind,
    about: Mapping[str, Any],
    refs: Sequence[str] = (),
    submission: Submission | None = None,
    suite: Suite | None = None,
) -> LogEntry:
    """Write an entry without a statement.

    Args:
        kind: what it says.
        about: see docs/log.md, by kind.
        refs: leaf hashes of the entries that it speaks of, which were written before.
        submission: what it is about, if that is a submission.
        suite: likewise.
    """
    record = Record(kind=kind, at=now(), about=about, refs=tuple(refs))
    return add(record, submission=submission, suite=suite)


def add(
    record: Record,
    *,
    payload: bytes = b"",
    submission: Submission | None = None,
    suite: Suite | None = None,
) -> LogEntry:
    """Write a record, with the statement that the sequencer is to sign."""
    ring_on_commit()
    return LogEntry.objects.create(
        kind=record.kind,
        record=record.encode().decode(),
        leaf=record.leaf,
        payload=payload.decode(),
        submission=submission,
        suite=suite,
    )


def benchmark(suite: Suite) -> LogEntry:
    """Return the entry of a suite's benchmarks, written now if it isn't there."""
    entries = {entry.kind: entry for entry in suite.entries.all()}
    if Kind.BENCHMARK in entries:
        return entries[Kind.BENCHMARK]
    about = {"suite": str(suite), "sha256": suite.sha256}
    named = entries.get(Kind.SUITE) or append(kind=Kind.SUITE, about=about, suite=suite)
    return append(
        kind=Kind.BENCHMARK, about=benchmark_version(suite), refs=[named.leaf], suite=suite
    )


def intent(submission: Submission) -> LogEntry:
    """Return the entry of what a submission is about to do, written now if it isn't there."""
    entry = entry_of(submission, Kind.INTENT)
    if entry is not None:
        return entry
    before = submission.rescores
    answered = entry_of(before, Kind.RESULT) if before else None
    return append(
        kind=Kind.INTENT,
        about={
            "submission": submission.public_id,
            "model": str(submission.revision.model),
            "revision": submission.revision.commit,
            "board": submission.board.slug,
            "suite": str(submission.suite),
            "dtype": submission.precision,
            "chatTemplate": submission.chat_template,
            "rescores": before.result.public_id if before else None,
        },
        refs=[benchmark(submission.suite).leaf, *([answered.leaf] if answered else [])],
        submission=submission,
    )


def ended(submission: Submission, *, code: str, by: str) -> None:
    """Tell that a submission has ended without a result that stands.

    Args:
        submission: whose end is written with this.
        code: why: a failure's code, `cancelled`, `withdrawn` or `unchanged`.
        by: `site`, `submitter` or `operator`.
    """
    result = entry_of(submission, Kind.RESULT)
    if result is not None:
        about = {"submission": submission.public_id, "by": by, "reason": code}
        append(kind=Kind.RETRACT, about=about, refs=[result.leaf], submission=submission)
        return
    planned = entry_of(submission, Kind.INTENT)
    if planned is not None:
        about = {"submission": submission.public_id, "code": code}
        append(kind=Kind.FAILURE, about=about, refs=[planned.leaf], submission=submission)
