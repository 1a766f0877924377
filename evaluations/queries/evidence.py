"""What a bundle holds beside its manifest's files: statement, proofs, and the roots of trust."""

from evaluations.models import LogCheckpoint, LogEntry
from evaluations.provenance.canonical import jcs, parse_strict
from evaluations.provenance.log.note import verifier_key
from evaluations.provenance.log.proof import TlogProof, encode
from evaluations.provenance.log.tiles import Tiles
from evaluations.provenance.records import Kind
from evaluations.provenance.signing import base64_text, public_bytes
from evaluations.queries.log import covering, root, roots, tiles

#: No witness signs our checkpoints yet, and the file says so.
WITNESS_POLICY = b"quorum none\n"


def evidence(result: LogEntry) -> dict[str, bytes]:
    """Return the files by their paths in a bundle; the same ones whenever they are asked for.

    Args:
        result: the entry of a result, which a checkpoint covers.
    """
    checkpoint = covering(result)
    submission = result.submission
    assert checkpoint is not None and submission is not None  # noqa: S101, PT018  by the caller
    log = tiles(checkpoint.size)
    entries = {
        Kind.RESULT: result,
        Kind.INTENT: submission.entries.get(kind=Kind.INTENT),
        Kind.BENCHMARK: submission.suite.entries.get(kind=Kind.BENCHMARK),
    }
    suite = submission.suite.entries.get(kind=Kind.SUITE)
    predicate = parse_strict(result.payload.encode())["predicate"]
    return {
        "attestation.dsse.json": result.envelope.encode(),
        **{f"proof/{kind}.tlog-proof": _proof(e, log, checkpoint) for kind, e in entries.items()},
        "proof/intent.json": entries[Kind.INTENT].record.encode(),
        "proof/benchmark.json": entries[Kind.BENCHMARK].record.encode(),
        "proof/suite.json": suite.record.encode(),
        "proof/consistency.json": _consistency(predicate["priorCheckpoint"], log, checkpoint),
        **trust(),
    }


def _proof(entry: LogEntry, log: Tiles, checkpoint: LogCheckpoint) -> bytes:
    assert entry.index is not None  # noqa: S101  told to the type checker
    return encode(TlogProof(entry.index, tuple(log.inclusion(entry.index)), checkpoint.note))


def _consistency(prior: dict[str, object], log: Tiles, checkpoint: LogCheckpoint) -> bytes:
    size = prior["size"]
    assert isinstance(size, int)  # noqa: S101  told to the type checker
    proof = log.consistency(size) if size else []
    return jcs(
        {
            "v": 1,
            "old": prior,
            "new": {
                "size": checkpoint.size,
                "root": base64_text(bytes.fromhex(checkpoint.root)),
            },
            "proof": [base64_text(digest) for digest in proof],
        }
    )


def trust() -> dict[str, bytes]:
    """Return the files that say whose signatures count."""
    files = {f"trust/{version}.root.json": data for version, data in roots().items()}
    files["trust/log.vkey"] = log_vkey()
    files["trust/witness.policy"] = WITNESS_POLICY
    return files


def log_vkey() -> bytes:
    """Return the log's verifier key as a line; empty while there are no keys."""
    newest = root()
    if newest is None:
        return b""
    return f"{verifier_key(newest.origin, public_bytes(newest.log_keys[0]))}\n".encode()
