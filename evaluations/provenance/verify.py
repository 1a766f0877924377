"""`assay verify`: the twelve checks over a bundle, offline, from its data alone."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from evaluations.provenance.checks.evidence import Evidence, gather
from evaluations.provenance.checks.files import check_files
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
from evaluations.provenance.checks.unpacking import check_unpacking
from evaluations.provenance.checks.weights import check_weights
from evaluations.provenance.members import BundleError, NotABundleError
from evaluations.provenance.unpack import open_bundle

#: The checks in order, with what stands in the way of those that cannot be made yet.
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
_UNSIGNED = {
    2: "nothing is signed yet: this needs the site's root keys in trust/",
    4: "nothing is signed yet: this needs attestation.dsse.json",
    5: "nothing is signed yet: this needs proof/result.tlog-proof and the log's key",
    6: "nothing is signed yet: this needs a checkpoint of the log that you kept from before",
    7: "nothing is signed yet: this needs the proofs of the benchmark's and the intent's entries",
    12: "nothing is signed yet: this needs a checkpoint, which says as of when it would hold",
}
LIMITS = (
    "Nothing here proves that a model ran: whoever makes up responses can make up a bundle that "
    "passes. Only a replication by somebody else speaks to that.",
    "Nothing in this bundle is signed, so it proves that its parts fit together, and not who made "
    "them or when.",
    "Metrics of a task's own Python are taken from the rows as they stand; check 11 names them.",
    "Offline, a log that shows different people different histories is found only through "
    "witnesses or somebody else's checkpoint.",
)


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of all checks.

    Attributes:
        verdict: "verified" (every check passed or did not apply), "failed" or "incomplete".
        checks: twelve, in order.
        limits: what no outcome proves, in sentences.
    """

    verdict: str
    checks: tuple[Check, ...]
    limits: tuple[str, ...] = LIMITS


def verify_bundle(source: Path, *, model: Path | None = None) -> Report:
    """Make every check on a bundle.

    Args:
        source: a `bundle.tar`, or the folder it was unpacked to.
        model: a folder with the model's files, to compare their hashes (check 8).

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
    checks = tuple(
        run_check(number, name, made) for (number, name), made in zip(
            NAMES.items(), _checks(evidence, model), strict=True
        )
    )  # fmt: skip
    return Report(_verdict(checks), checks)


def _checks(evidence: Evidence, model: Path | None) -> list[Callable[[], str]]:
    made: dict[int, Callable[[], str]] = {
        1: partial(check_unpacking, evidence),
        3: partial(check_files, evidence),
        8: partial(check_weights, evidence, model),
        9: partial(check_coverage, evidence),
        10: partial(check_prompts, evidence),
        11: partial(check_scores, evidence),
    }
    return [made.get(number) or partial(_skip, _UNSIGNED[number]) for number in NAMES]


def _refused(why: str) -> Report:
    """Report a bundle whose files could not even be listed and read safely."""
    first = run_check(1, NAMES[1], partial(_fail, why))
    skip = partial(_skip, "the bundle could not be opened safely (see check 1)")
    rest = (run_check(number, NAMES[number], skip) for number in range(2, 13))
    return Report("failed", (first, *rest))


def _skip(why: str) -> str:
    raise CheckSkippedError(why)


def _fail(why: str) -> str:
    raise CheckFailedError(why)


def _verdict(checks: tuple[Check, ...]) -> str:
    outcomes = {check.outcome for check in checks}
    if Outcome.FAIL in outcomes:
        return "failed"
    return "incomplete" if Outcome.SKIPPED in outcomes else "verified"
