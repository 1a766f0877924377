"""Check 2: whose keys these are, from the root that the reader trusts to those in force."""

from datetime import UTC, datetime

from evaluations.provenance.checks.outcome import CheckFailedError, CheckSkippedError, settled
from evaluations.provenance.checks.signed import LOG_KEY, WITNESSES, Signed
from evaluations.provenance.records import TIME_FORMAT
from evaluations.provenance.root import RootVersion
from evaluations.provenance.signing import public_bytes

NO_WITNESSES = b"quorum none\n"


def check_keys(signed: Signed) -> str:
    """Follow the root's versions, and hold the log's key and its witnesses against them."""
    chain = signed.chain
    _check_log_key(signed)
    if signed.read(WITNESSES) != NO_WITNESSES:
        raise CheckFailedError(f"{WITNESSES} is not what the root says: it names no witnesses")
    if signed.pinned.unreadable and signed.trust.root is None:
        raise CheckSkippedError(
            f"what you trusted before can't be read, so nothing says whose keys these are: "
            f"{signed.pinned.unreadable}"
        )
    expiry = _expiry(signed)
    newest = chain.versions[-1]
    known = f"root version {newest.version} of {chain.origin}{expiry}"
    return f"{known}; {_told(signed, chain.versions[0])}"


def _check_log_key(signed: Signed) -> None:
    chain, key = signed.chain, signed.log_key
    if key.name != chain.origin:
        raise CheckFailedError(f"{LOG_KEY} is the key of another log: {key.name}")
    versions = chain.versions[-1:]
    keys = [one for version in versions for one in version.log_keys]
    keys += chain.log_keys(settled(lambda: signed.checkpoint, 5).size)
    if key.public_key not in {public_bytes(one) for one in keys}:
        raise CheckFailedError(f"{LOG_KEY} is not the log's key in the root")


def _expiry(signed: Signed) -> str:
    """Judge expiry at the time of the evaluation: a result doesn't turn bad with age."""
    at = settled(lambda: signed.claims, 4).evaluated_at
    version = _in_force(signed)
    made = datetime.strptime(at, TIME_FORMAT).replace(tzinfo=UTC)
    if version.expires <= made:
        raise CheckFailedError(
            f"version {version.version} of the root had expired on {version.expires:%Y-%m-%d}, "
            f"before the evaluation of {at}"
        )
    return f", in force at {at}"


def _in_force(signed: Signed) -> RootVersion:
    """Return the version under which the result was logged.

    Raises:
        CheckSkippedError: if it is older than the one that the reader trusts.
    """
    return settled(lambda: signed.version, 4)


def _told(signed: Signed, first: RootVersion) -> str:
    digest = f"version {first.version}, SHA-256 {first.sha256[:16]}…"
    if signed.trust.root is not None:
        return f"from the root that you gave ({digest})"
    if signed.pinned.roots:
        return f"from the root that you met on {signed.pinned.first} ({digest})"
    return (
        f"TRUSTED ON FIRST USE, because it came with this bundle ({digest}): compare that with "
        "what the site publishes elsewhere, or give --root FILE"
    )
