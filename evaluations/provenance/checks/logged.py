"""Check 5: the result stands in the log, in a checkpoint that the log has signed."""

from evaluations.provenance.canonical import sha256_hex
from evaluations.provenance.checks.outcome import CheckFailedError, settled
from evaluations.provenance.checks.signed import Signed
from evaluations.provenance.merkle import leaf_hash
from evaluations.provenance.records import RecordError
from evaluations.provenance.statement import result_record


def result_leaf(signed: Signed) -> bytes:
    """Return the log's record of this result as it follows from the bundle."""
    settled(lambda: signed.claims, 4)
    intent, benchmark = (
        leaf_hash(settled(lambda name=name: signed.read(f"proof/{name}.json"), 7)).hex()  # type: ignore[misc]
        for name in ("intent", "benchmark")
    )
    try:
        return result_record(
            signed.payload,
            manifest_sha256=sha256_hex(signed.evidence.bundle.read("manifest.json")),
            intent=intent,
            benchmark=benchmark,
        ).encode()
    except RecordError as error:
        raise CheckFailedError(f"no record can be made of the statement: {error}") from None


def check_logged(signed: Signed) -> str:
    """Hold the record against the proof, and the proof's checkpoint against the log's key."""
    checkpoint = signed.checkpoint
    index = signed.include("result", result_leaf(signed))
    return (
        f"entry {index} of {checkpoint.origin}, in its signed checkpoint of {checkpoint.size} "
        "entries; no witnesses are asked for (quorum none)"
    )
