"""Check 8: the model's files are the ones that were run, compared with a local folder."""

import hashlib
from pathlib import Path

from evaluations.provenance.bundle import read_chunks
from evaluations.provenance.checks.evidence import Evidence
from evaluations.provenance.checks.outcome import (
    CheckFailedError,
    CheckNotApplicableError,
    settled,
)
from evaluations.provenance.checks.signed import Signed
from evaluations.provenance.documents import Weights
from evaluations.provenance.members import check_name


def check_weights(evidence: Evidence, signed: Signed, model: Path | None) -> str:
    """Compare `run/weights.json` with plan, statement and, where a folder is given, local files.

    Links are followed: a hub's cache is made of them, and the folder is the user's own.
    """
    plan, weights = evidence.plan, evidence.weights
    if (plan.model, plan.revision) != (weights.model, weights.revision):
        raise CheckFailedError("run/plan.json and run/weights.json name different models")
    if not weights.files:
        raise CheckFailedError("run/weights.json lists no files")
    if signed.anything:
        _check_subjects(signed, weights)
    if model is None:
        raise CheckNotApplicableError(
            "no local files were given; give --model DIR to compare them with run/weights.json"
        )
    for path, size, sha256 in weights.files:
        check_name(path)
        _compare(model / path, path, size, sha256)
    return f"all {len(weights.files)} files of the model are as recorded"


def _check_subjects(signed: Signed, weights: Weights) -> None:
    claims = settled(lambda: signed.claims, 4)
    if (claims.model, claims.revision) != (weights.model, weights.revision):
        raise CheckFailedError("run/weights.json and the statement name different models")
    said = {name: sha256 for name, sha256 in claims.subjects if name.startswith("model/")}
    held = {f"model/{path}": sha256 for path, _, sha256 in weights.files}
    if odd := {name for name in {*said, *held} if said.get(name) != held.get(name)}:
        raise CheckFailedError(f"the statement is about other weights: {min(odd)} differs")


def _compare(file: Path, path: str, size: int, sha256: str) -> None:
    try:
        if not file.is_file():
            raise CheckFailedError(f"the local model has no file {path}")
        if file.stat().st_size != size:
            raise CheckFailedError(f"{path} of the local model has another size")
        digest = hashlib.sha256()
        for chunk in read_chunks(file):
            digest.update(chunk)
    except OSError as error:
        raise CheckFailedError(f"{path} of the local model cannot be read: {error}") from None
    if digest.hexdigest() != sha256:
        raise CheckFailedError(f"{path} of the local model has another SHA-256")
