"""Check 12: nothing logged later takes the result back, removes it or puts another in its place."""

from evaluations.provenance.checks.live import LiveError, LiveLog
from evaluations.provenance.checks.logged import result_leaf
from evaluations.provenance.checks.outcome import (
    CheckFailedError,
    CheckNotApplicableError,
    settled,
)
from evaluations.provenance.checks.signed import Signed
from evaluations.provenance.merkle import leaf_hash
from evaluations.provenance.records import Kind, Record, RecordError, read_record


def check_force(signed: Signed, live: LiveLog) -> str:
    """Bound the result in time; then read what the log says later, where it can be read."""
    index = settled(lambda: signed.include("result", result_leaf(signed)), 5)
    checkpoint, claims = signed.checkpoint, settled(lambda: signed.claims, 4)
    if settled(lambda: signed.record("intent"), 7).at > claims.evaluated_at:
        raise CheckFailedError("the evaluation is dated before its intent was logged")
    bounds = (
        f"evaluated at {claims.evaluated_at}, logged as entry {index}, after the checkpoint of "
        f"{claims.logged.prior_size} entries and before that of {checkpoint.size}"
    )
    if not live.is_given:
        raise CheckNotApplicableError(
            f"offline nobody can see what was logged later; {bounds}, as of which it held"
        )
    leaf = leaf_hash(result_leaf(signed)).hex()
    try:
        if not live.follows(checkpoint.size, checkpoint.root):
            raise CheckFailedError("the site's log is not the one of this bundle (see check 6)")
        _check_later(live, index, leaf)
        size = live.checkpoint.size
    except LiveError as error:
        raise CheckNotApplicableError(f"{error}; {bounds}") from None
    return f"not superseded, withdrawn or removed as of the checkpoint of {size} entries; {bounds}"


def _check_later(live: LiveLog, index: int, leaf: str) -> None:
    removed = ""
    for number, entry in live.entries(index + 1):
        if leaf.encode() not in entry:
            continue
        try:
            record = read_record(entry)
        except RecordError:
            continue
        place = f"on {record.at} (entry {number} of the log)"
        if (said := _taken_back(record, leaf)) is not None:
            raise CheckFailedError(f"{said} {place}")
        if record.kind == Kind.MODERATION and list(record.refs[:1]) == [leaf]:
            # What was removed may have been restored since: only the last of these counts.
            act = record.about.get("act")
            removed = {"remove": place, "restore": ""}.get(str(act), removed)
    if removed:
        raise CheckFailedError(f"removed from its board by an operator {removed}")


def _taken_back(record: Record, leaf: str) -> str | None:
    about = record.about
    if record.kind == Kind.SUPERSEDE and list(record.refs[:1]) == [leaf]:
        return f"superseded by the result {about.get('by', '?')}"
    if record.kind == Kind.RETRACT and leaf in record.refs:
        reason = f" ({about['reason']})" if about.get("reason") else ""
        return f"withdrawn by the {about.get('by', 'operator')}{reason}"
    return None
