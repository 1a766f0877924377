"""What a replicator signs: in-toto Statement v1 over the two manifests, in a DSSE envelope."""

from dataclasses import dataclass
from typing import Any

from securesystemslib.signer import CryptoSigner

from evaluations.provenance.canonical import jcs, parse_strict
from evaluations.provenance.documents import FormError, digest, take
from evaluations.provenance.replication.audit import Audit
from evaluations.provenance.replication.errors import ReplicationError
from evaluations.provenance.signing import (
    EnvelopeError,
    base64_text,
    open_envelope,
    public_bytes,
    public_key,
    read_envelope,
    sign_envelope,
    unbase64,
)
from evaluations.scoring.equivalence import Verdict

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:assay:replication:v1"
_ORIGINAL, _REPLICATION = "manifest.json", "replication/manifest.json"


@dataclass(frozen=True, slots=True)
class Claims:
    """What was signed.

    Attributes:
        original: the SHA-256 of the result's manifest.
        manifest: the SHA-256 of the replication's own manifest.
        public: the 32 bytes of the key that signs; the statement names it itself, so a signature
            says that one key's owner made all of its replications, and not who that is.
    """

    original: str
    manifest: str
    verdict: Verdict
    audit: Audit | None
    public: bytes

    @property
    def keyid(self) -> str:
        """The key's id, 64 hexadecimal digits."""
        return str(public_key(self.public).keyid)

    def as_json(self) -> dict[str, Any]:
        """Return the statement."""
        return {
            "_type": STATEMENT_TYPE,
            "subject": [
                {"name": _ORIGINAL, "digest": {"sha256": self.original}},
                {"name": _REPLICATION, "digest": {"sha256": self.manifest}},
            ],
            "predicateType": PREDICATE_TYPE,
            "predicate": {
                "verdict": str(self.verdict),
                "audit": self.audit.as_json() if self.audit else None,
                "key": {"keyid": self.keyid, "public": base64_text(self.public)},
            },
        }


def sign(
    *, original: str, manifest: str, verdict: str, audit: Audit | None, signer: CryptoSigner
) -> bytes:
    """Return the envelope, `attestation.dsse.json`."""
    public = public_bytes(signer.public_key)
    claims = Claims(original, manifest, Verdict(verdict), audit, public)
    return sign_envelope(jcs(claims.as_json()), signer)


def open_statement(envelope: bytes) -> Claims:
    """Return what an envelope's one signer claims.

    Raises:
        ReplicationError: if it is not exactly as `sign` makes it, or the signature is wrong.
    """
    try:
        payload = bytes(read_envelope(envelope).payload)
        claims = _claims(parse_strict(payload))
        open_envelope(envelope, [public_key(claims.public)])
    except (EnvelopeError, FormError, ValueError) as error:
        raise ReplicationError(f"attestation.dsse.json is refused: {error}.") from None
    if jcs(claims.as_json()) != payload:
        raise ReplicationError("attestation.dsse.json holds a statement of another form.")
    return claims


def _claims(data: Any) -> Claims:
    subject, predicate = take(data, "subject", list), take(data, "predicate", dict)
    if len(subject) != 2:  # noqa: PLR2004
        raise FormError("'subject' does not name the two manifests")
    original, manifest = (digest(take(one, "digest", dict), "sha256") for one in subject)
    raw = unbase64(take(take(predicate, "key", dict), "public", str))
    if len(raw) != 32:  # noqa: PLR2004
        raise FormError("'public' is no Ed25519 key")
    verdict = Verdict(take(predicate, "verdict", str))
    return Claims(original, manifest, verdict, audit_from(predicate.get("audit")), raw)


def audit_from(data: Any) -> Audit | None:
    """Read which documents an audit was of.

    Raises:
        ValueError: if it is no audit.
    """
    if data is None:
        return None
    return Audit(take(data, "documents", int), take(data, "seed", str))
