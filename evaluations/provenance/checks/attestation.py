"""Check 4: the statement is signed by the site, and says what the bundle's files say."""

from collections.abc import Iterator
from typing import Any

from evaluations.provenance.canonical import jcs, parse_strict, sha256_hex
from evaluations.provenance.checks.outcome import CheckFailedError, CheckSkippedError, settled
from evaluations.provenance.checks.signed import ATTESTATION, Signed
from evaluations.provenance.root import RootError
from evaluations.provenance.signing import EnvelopeError, open_envelope
from evaluations.provenance.statement import statement_bytes

_FILES = (
    "run/plan.json",
    "run/weights.json",
    "run/config.yaml",
    "run/requirements.lock",
    "results/scores.json",
)
#: What a file of another shape can make the building of a statement stumble over.
_SHAPE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)


def check_attestation(signed: Signed) -> str:
    """Build the statement again from the files, compare it, and check who signed it."""
    claims, origin = signed.claims, _origin(signed)
    files = {path: _file(signed, path) for path in _FILES}
    manifest = sha256_hex(signed.evidence.bundle.read("manifest.json"))
    try:
        expected = statement_bytes(
            logged=_at(signed, origin),
            submission=claims.submission,
            evaluated_at=claims.evaluated_at,
            manifest_sha256=manifest,
            files=files,
        )
    except _SHAPE as error:
        raise CheckFailedError(
            f"no statement can be made of the bundle's files: {type(error).__name__}: {error}"
        ) from None
    if signed.payload != expected:
        raise CheckFailedError(_difference(signed.payload, expected))
    keyid = _check_signature(signed)
    return f"signed by the key {keyid[:12]} of {origin}; every field follows from the files"


def _origin(signed: Signed) -> str:
    try:
        return signed.chain.origin
    except CheckFailedError:  # check 2 tells; the statement itself can still be looked at
        return signed.claims.logged.origin


def _at(signed: Signed, origin: str) -> Any:
    from dataclasses import replace

    return replace(signed.claims.logged, origin=origin)


def _file(signed: Signed, path: str) -> bytes:
    bundle = signed.evidence.bundle
    if path not in bundle:
        raise CheckFailedError(f"{path} is missing, of which the statement speaks")
    return bundle.read(path)


def _check_signature(signed: Signed) -> str:
    """Return the id of the key that signed, which was in force at the result's entry."""
    known = settled(lambda: signed.chain, 2)
    index = settled(lambda: signed.proof("result"), 5).index
    try:
        keys = known.statement_keys(index)
    except RootError as error:
        raise CheckSkippedError(f"{error}; give an older one with --root") from None
    try:
        open_envelope(signed.read(ATTESTATION), keys)
    except EnvelopeError as error:
        raise CheckFailedError(f"{ATTESTATION}: {error}, at entry {index} of the log") from None
    return keys[0].keyid


def _difference(said: bytes, expected: bytes) -> str:
    try:
        parsed = parse_strict(said)
        if jcs(parsed) != said:
            return "the statement is not in canonical form (RFC 8785)"
    except (ValueError, RecursionError):
        return "the statement is no strict JSON"
    for place, one, other in _differences(parsed, parse_strict(expected), ""):
        return f"the statement's {place} is {_short(one)}; the bundle's files give {_short(other)}"
    return "the statement is not what the bundle's files give"


def _differences(said: Any, expected: Any, place: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield the places where two JSON values differ, as deep as they go."""
    if isinstance(said, dict) and isinstance(expected, dict):
        for key in sorted(set(said) | set(expected)):
            inner = f"{place}.{key}" if place else key
            yield from _differences(said.get(key), expected.get(key), inner)
    elif isinstance(said, list) and isinstance(expected, list) and len(said) == len(expected):
        for index, (one, other) in enumerate(zip(said, expected, strict=True)):
            yield from _differences(one, other, f"{place}[{index}]")
    elif said != expected or type(said) is not type(expected):
        yield place, said, expected


def _short(value: Any) -> str:
    text = "missing" if value is None else str(value)
    return text if len(text) <= 100 else f"{text[:100]}…"  # noqa: PLR2004
