"""Check 6: the log only ever grew, from what it was before this result and before this reader."""

from dataclasses import dataclass, field

from evaluations.provenance.canonical import jcs, parse_strict
from evaluations.provenance.checks.live import LiveError, LiveLog
from evaluations.provenance.checks.outcome import (
    CheckFailedError,
    CheckNotApplicableError,
    CheckSkippedError,
    settled,
)
from evaluations.provenance.checks.signed import CONSISTENCY, Signed
from evaluations.provenance.log.tree import ProofError, verify_consistency
from evaluations.provenance.signing import base64_text, unbase64
from evaluations.provenance.trust import Seen


@dataclass(slots=True)
class History:
    """What came of comparing the log with what this reader has seen of it before.

    Attributes:
        compared, left: checkpoints that were, and were not.
        why: why some could not be.
    """

    compared: list[Seen] = field(default_factory=list)
    left: list[Seen] = field(default_factory=list)
    why: str = ""


def check_history(signed: Signed, live: LiveLog) -> str:
    """Prove the step from the statement's checkpoint, then compare with those of the reader."""
    prior = _check_prior(signed)
    checkpoint, pinned = settled(lambda: signed.checkpoint, 5), signed.pinned
    if pinned.unreadable:
        raise CheckSkippedError(f"the checkpoints you saw before: {pinned.unreadable}")
    found = _compare(signed, live)
    grown = f"the log of {prior} entries before the result is the beginning of {checkpoint.size}"
    if pinned.checkpoints and not found.compared:
        raise CheckNotApplicableError(f"{_left(found)}; {grown}")
    if not pinned.checkpoints and prior == 0:
        raise CheckNotApplicableError(
            "there is no earlier checkpoint: you have none, and the log's first one came later"
        )
    if not pinned.checkpoints:
        return f"{grown}; you have no checkpoint of your own of {checkpoint.origin} yet"
    sizes = ", ".join(str(seen.size) for seen in found.compared)
    rest = f"; {_left(found)}" if found.left else ""
    return f"{grown}, and agrees with your checkpoints of {sizes} entries{rest}"


def _check_prior(signed: Signed) -> int:
    """Check the proof from the checkpoint before the result; returns that one's size."""
    logged = settled(lambda: signed.claims, 4).logged
    checkpoint = settled(lambda: signed.checkpoint, 5)
    old, new, proof = _consistency(signed)
    if old != (logged.prior_size, logged.prior_root):
        raise CheckFailedError(f"{CONSISTENCY} begins at another checkpoint than the statement's")
    if new != (checkpoint.size, checkpoint.root):
        raise CheckFailedError(f"{CONSISTENCY} ends at another checkpoint than the proofs'")
    try:
        verify_consistency(*old, *new, proof)
    except ProofError as error:
        raise CheckFailedError(f"{CONSISTENCY}: {error}") from None
    if old[0] > signed.proof("result").index:
        raise CheckFailedError("the result was in the log before its statement was made")
    return logged.prior_size


def _consistency(signed: Signed) -> tuple[tuple[int, bytes], tuple[int, bytes], list[bytes]]:
    data = signed.read(CONSISTENCY)
    try:
        parsed = parse_strict(data)
        old, new = ((parsed[key]["size"], unbase64(parsed[key]["root"])) for key in ("old", "new"))
        proof = [unbase64(one) for one in parsed["proof"]]
        canonical = jcs(
            {
                "v": 1,
                "old": {"size": old[0], "root": base64_text(old[1])},
                "new": {"size": new[0], "root": base64_text(new[1])},
                "proof": [base64_text(one) for one in proof],
            }
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise CheckFailedError(f"{CONSISTENCY} is no consistency proof: {error}") from None
    if data != canonical or type(old[0]) is not int or type(new[0]) is not int:
        raise CheckFailedError(f"{CONSISTENCY} is not in canonical form, or has other fields")
    return old, new, proof


def _compare(signed: Signed, live: LiveLog) -> History:
    logged, checkpoint = signed.claims.logged, signed.checkpoint
    known = {
        0: signed.claims.logged.prior_root if logged.prior_size == 0 else None,
        logged.prior_size: logged.prior_root,
        checkpoint.size: checkpoint.root,
    }
    found = History()
    for seen in signed.pinned.checkpoints:
        root = known.get(seen.size)
        if root is not None and root != seen.root:
            raise _rewritten(seen)
        if root is not None:
            found.compared.append(seen)
        else:
            found.left.append(seen)
    if live.is_given:
        _compare_live(signed, live, found)
    return found


def _compare_live(signed: Signed, live: LiveLog, found: History) -> None:
    """Compare through the log of now, which must begin with each of the others."""
    checkpoint = signed.checkpoint
    try:
        if not live.follows(checkpoint.size, checkpoint.root):
            raise CheckFailedError(
                f"the site's log of now doesn't begin with the {checkpoint.size} entries that this "
                "bundle was proven to stand in: its history was rewritten"
            )
        for seen in list(found.left):
            if not live.follows(seen.size, seen.root):
                raise _rewritten(seen)
            found.left.remove(seen)
            found.compared.append(seen)
    except LiveError as error:
        found.why = str(error)


def _rewritten(seen: Seen) -> CheckFailedError:
    return CheckFailedError(
        f"on {seen.first} you saw this log with {seen.size} entries and another tree hash: its "
        "history was rewritten, or it shows different people different histories"
    )


def _left(found: History) -> str:
    sizes = ", ".join(str(seen.size) for seen in found.left)
    why = found.why or "that needs hashes which only the site's log has (give --site)"
    return f"your checkpoints of {sizes} entries could not be compared: {why}"
