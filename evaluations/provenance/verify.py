"""`assay verify`: the twelve checks over a bundle, offline, from its data alone."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from evaluations.provenance.checks.attestation import check_attestation
from evaluations.provenance.checks.beforehand import check_beforehand
from evaluations.provenance.checks.evidence import Evidence, gather
from evaluations.provenance.checks.files import check_files
from evaluations.provenance.checks.force import check_force
from evaluations.provenance.checks.history import check_history
from evaluations.provenance.checks.keys import check_keys
from evaluations.provenance.checks.limits import limits
from evaluations.provenance.checks.live import LiveLog
from evaluations.provenance.checks.logged import check_logged
from evaluations.provenance.checks.outcome import (
    Check,
    CheckFailedError,
    CheckSkippedError,
    Outcome,
    run_check,
    unforeseen,
)
from evaluations.provenance.checks.samples import check_coverage, check_prompts
from evaluations.provenance.checks.scores import check_scores
from evaluations.provenance.checks.signed import Signed
from evaluations.provenance.checks.unpacking import check_unpacking
from evaluations.provenance.checks.weights import check_weights
from evaluations.provenance.members import BundleError, NotABundleError
from evaluations.provenance.trust import Remembered, Trust
from evaluations.provenance.unpack import Bundle, open_bundle

#: The checks, in order.
NAMES = {
    1: "safe unpacking",
    2: "chain of keys",
    3: "exact files",
    4: "signed statement",
    5: "logged and witnessed",
    6: "history unchanged",
    7: "planned beforehand",
    8: "model weights",
    9: "every sample once",
    10: "prompts as planned",
    11: "scores recomputed",
    12: "still in force",
}
_SCORES = 11
#: The checks that need what stands beside the manifest, with what they would look at.
_UNSIGNED = {
    2: "nothing is signed: this needs the site's root keys in trust/",
    4: "nothing is signed: this needs attestation.dsse.json",
    5: "nothing is signed: this needs proof/result.tlog-proof and the log's key",
    6: "nothing is signed: this needs proof/consistency.json and checkpoints of the log",
    7: "nothing is signed: this needs the proofs of the benchmark's and the intent's entries",
    12: "nothing is signed: this needs a checkpoint, which says as of when it would hold",
}


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of all checks.

    Attributes:
        verdict: "verified" (every check passed or did not apply), "failed" or "incomplete".
        checks: twelve, in order.
        limits: what no outcome proves, in sentences.
        remembered: what may be pinned now; None if nothing was shown.
    """

    verdict: str
    checks: tuple[Check, ...]
    limits: tuple[str, ...] = ()
    remembered: Remembered | None = None


def verify_bundle(
    source: Path,
    *,
    model: Path | None = None,
    trust: Trust | None = None,
    second_opinion: Callable[[Bundle], str] | None = None,
) -> Report:
    """Make every check on a bundle. Nothing is written, and nothing fetched but through `trust`.

    Args:
        source: a `bundle.tar`, or the folder it was unpacked to.
        model: a folder with the model's files, to compare their hashes (check 8).
        trust: the root and the checkpoints to begin with; without them, the bundle's own root is
            believed, and said to be.
        second_opinion: has the scores computed in another way, for check 11: says what it found, or
            raises as a check does. It is asked only about a bundle in which no check fails.

    Returns:
        The report; a hostile or broken bundle fails check 1.

    Raises:
        NotABundleError: if the source is no bundle at all, so that no check can be made.
    """
    try:
        evidence = gather(open_bundle(source))
    except NotABundleError:
        raise
    except BundleError as error:
        return _refused(error.detail)
    except Exception as error:  # noqa: BLE001  a stranger's bundle must not end in a traceback
        return _refused(unforeseen(error))
    signed = Signed(evidence, trust or Trust())
    live = LiveLog(signed)
    made = _checks(evidence, signed, live, model)
    checks = tuple(run_check(number, name, made[number]) for number, name in NAMES.items())
    if second_opinion is not None:
        checks = _with_second(checks, evidence, second_opinion)
    passed = {check.number for check in checks if check.outcome == Outcome.PASS}
    return Report(
        _verdict(checks),
        checks,
        limits(
            checks,
            signed=signed.anything,
            first_use=2 in passed and signed.first_use,  # noqa: PLR2004
            rescored=second_opinion is not None and _SCORES in passed,
        ),
        _remembered(signed, live, checks),
    )


def _checks(
    evidence: Evidence, signed: Signed, live: LiveLog, model: Path | None
) -> dict[int, Callable[[], str]]:
    made: dict[int, Callable[[], str]] = {
        1: partial(check_unpacking, evidence),
        2: partial(check_keys, signed),
        3: partial(check_files, evidence),
        4: partial(check_attestation, signed),
        5: partial(check_logged, signed),
        6: partial(check_history, signed, live),
        7: partial(check_beforehand, signed),
        8: partial(check_weights, evidence, signed, model),
        9: partial(check_coverage, evidence),
        10: partial(check_prompts, evidence),
        11: partial(check_scores, evidence),
        12: partial(check_force, signed, live),
    }
    if not signed.anything:
        made |= {number: partial(_skip, why) for number, why in _UNSIGNED.items()}
    return made


def _with_second(
    checks: tuple[Check, ...], evidence: Evidence, second_opinion: Callable[[Bundle], str]
) -> tuple[Check, ...]:
    """Make check 11 with a second opinion; whatever fails without one needs none."""
    again: Callable[[], str] = partial(
        check_scores, evidence, partial(second_opinion, evidence.bundle)
    )
    if any(check.outcome == Outcome.FAIL for check in checks):
        again = partial(_skip, "no second opinion was asked for, because a check fails")
    return tuple(
        run_check(_SCORES, check.name, again)
        if check.number == _SCORES and check.outcome != Outcome.FAIL
        else check
        for check in checks
    )


def _remembered(signed: Signed, live: LiveLog, checks: tuple[Check, ...]) -> Remembered | None:
    """Return what was proven of the log: only then, and only without any failure."""
    outcomes = {check.number: check.outcome for check in checks}
    proven = {outcomes[number] for number in (2, 4, 5)} == {Outcome.PASS}
    if not proven or Outcome.FAIL in outcomes.values() or outcomes[6] == Outcome.SKIPPED:
        return None
    checkpoint, logged = signed.checkpoint, signed.claims.logged
    sizes = {logged.prior_size: logged.prior_root, checkpoint.size: checkpoint.root}
    if live.is_given and outcomes[12] == Outcome.PASS:
        sizes[live.checkpoint.size] = live.checkpoint.root
    sizes.pop(0, None)
    roots = {version.version: version.data for version in signed.chain.versions}
    return Remembered(signed.chain.origin, roots, tuple(sorted(sizes.items())))


def _refused(why: str) -> Report:
    """Report a bundle whose files could not even be listed and read safely."""
    first = run_check(1, NAMES[1], partial(_fail, why))
    skip = partial(_skip, "the bundle could not be opened safely (see check 1)")
    rest = (run_check(number, NAMES[number], skip) for number in range(2, 13))
    checks = (first, *rest)
    return Report("failed", checks, limits(checks, signed=False, first_use=False))


def _skip(why: str) -> str:
    raise CheckSkippedError(why)


def _fail(why: str) -> str:
    raise CheckFailedError(why)


def _verdict(checks: tuple[Check, ...]) -> str:
    outcomes = {check.outcome for check in checks}
    if Outcome.FAIL in outcomes:
        return "failed"
    return "incomplete" if Outcome.SKIPPED in outcomes else "verified"
