"""A replication's own bundle: how it is written, and what of one from a stranger is checked."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from securesystemslib.signer import CryptoSigner

from evaluations.provenance.bundle import MANIFEST, Entry, write_manifest, write_tar
from evaluations.provenance.canonical import jcs, parse_strict, sha256_hex
from evaluations.provenance.checks.reading import SAMPLES, SUFFIX
from evaluations.provenance.documents import manifest_from
from evaluations.provenance.members import BundleError, Limits
from evaluations.provenance.replication.audit import Audit
from evaluations.provenance.replication.comparing import compare, same
from evaluations.provenance.replication.errors import ReplicationError
from evaluations.provenance.replication.statement import Claims, open_statement, sign
from evaluations.provenance.unpack import Bundle, folder_members, open_bundle

ATTESTATION = "attestation.dsse.json"
COMPARISON = "results/comparison.json"
ENVIRONMENT, PINS = "run/environment.json", "run/pins.json"
_FILES = {MANIFEST, ATTESTATION, COMPARISON, ENVIRONMENT, PINS}
#: The largest that a site takes, in bytes.
MOST_BYTES = 200 * 10**6
#: What a stranger's may cost whoever reads it.
LIMITS = Limits(
    files=5_000,
    file_size=MOST_BYTES,
    total_size=MOST_BYTES,
    plain_size=2 << 30,
    line_size=16 << 20,
    json_size=8 << 20,
)
#: All files together, decompressed.
_MOST_PLAIN = 4 << 30


@dataclass(frozen=True, slots=True)
class Replication:
    """A replication that is what it claims to be, as far as its own bundle tells.

    Attributes:
        comparison: `results/comparison.json`, as claimed.
        statement: what was signed, as JSON.
    """

    claims: Claims
    comparison: dict[str, Any]
    bundle: Bundle

    @property
    def statement(self) -> dict[str, Any]:
        """What was signed, as JSON."""
        return self.claims.as_json()

    def check(self, original: Bundle) -> dict[str, Any]:
        """Compare the samples again, and return the comparison that this gives.

        Args:
            original: the bundle of the result that was replicated.

        Raises:
            ReplicationError: if the statement is about another result, or the comparison is not
                what the samples give.
        """
        if sha256_hex(original.read(MANIFEST)) != self.claims.original:
            raise ReplicationError(
                "The replication is of another result: its statement names another manifest.",
                code="other_result",
            )
        computed = compare(original, self.bundle, self.claims.audit)
        if not same(self.comparison, computed):
            raise ReplicationError(
                f"{COMPARISON} is not what the samples give: they give {computed['verdict']}.",
                code="comparison_differs",
            )
        return computed


def write(
    folder: Path, original: Bundle, audit: Audit | None, signer: CryptoSigner, target: Path
) -> dict[str, Any]:
    """Compare, sign, and write a replication's bundle.

    Args:
        folder: holds `run/environment.json`, `run/pins.json` and `results/samples/`; the rest is
            added to it.
        original: the result's bundle.
        audit: which documents were answered again; None means all.
        signer: the person's key.
        target: the tar to write.

    Returns:
        The comparison.

    Raises:
        ReplicationError: see `compare`.
    """
    rerun = Bundle(folder_members(folder), original.limits)
    comparison = compare(original, rerun, audit)
    (folder / COMPARISON).write_bytes(jcs(comparison))
    manifest = write_manifest(folder)
    envelope = sign(
        original=comparison["original"]["manifestSha256"],
        manifest=manifest,
        verdict=comparison["verdict"],
        audit=audit,
        signer=signer,
    )
    (folder / ATTESTATION).write_bytes(envelope)
    with target.open("wb") as file:
        write_tar(folder, file)
    return comparison


def open_replication(source: Path, limits: Limits = LIMITS) -> Replication:
    """Read a stranger's replication: unpacked safely, files exact, signature valid, form strict.

    The comparison is not made again; see `Replication.check`.

    Raises:
        ReplicationError: with what is wrong.
    """
    try:
        bundle = open_bundle(source, limits)
        _check_files(bundle)
        claims = open_statement(bundle.read(ATTESTATION))
        comparison = _json(bundle, COMPARISON)
        for path in (ENVIRONMENT, PINS):
            _json(bundle, path)
    except BundleError as error:
        raise ReplicationError(f"The replication can't be read: {error.detail}.") from None
    if claims.manifest != sha256_hex(bundle.read(MANIFEST)):
        raise ReplicationError("The statement names another manifest than the replication's own.")
    if not isinstance(comparison, dict) or comparison.get("verdict") != str(claims.verdict):
        raise ReplicationError(f"The statement and {COMPARISON} say different verdicts.")
    return Replication(claims, comparison, bundle)


def _json(bundle: Bundle, path: str) -> Any:
    """Return a JSON file, which must be in canonical form."""
    data = bundle.read(path)
    try:
        parsed = parse_strict(data)
        json.dumps(parsed, ensure_ascii=False).encode()  # raises for text that is no Unicode
        canonical = jcs(parsed)
    except (ValueError, RecursionError):
        canonical = b""
    if canonical != data:
        raise ReplicationError(f"{path} is not canonical JSON (RFC 8785).")
    if b"\\u0000" in data:
        raise ReplicationError(f"{path} holds a NUL, which no database can keep.")
    return parsed


def _check_files(bundle: Bundle) -> None:
    """Hold the files against the manifest, and against what a replication has."""
    samples = {p for p in bundle.members if p.startswith(SAMPLES) and p.endswith(SUFFIX)}
    if missing := sorted(_FILES - set(bundle.members)):
        raise ReplicationError(f"The replication lacks {missing[0]}.")
    if odd := sorted(set(bundle.members) - _FILES - samples):
        raise ReplicationError(f"The replication holds {odd[0]}, which no replication has.")
    entries = _manifest(bundle)
    if {entry.path for entry in entries} != set(bundle.members) - {MANIFEST, ATTESTATION}:
        raise ReplicationError("manifest.json lists other files than there are.")
    left = _MOST_PLAIN
    for entry in entries:
        left -= _check_entry(bundle, entry, left)


def _manifest(bundle: Bundle) -> tuple[Entry, ...]:
    data = bundle.read(MANIFEST)
    try:
        entries = manifest_from(parse_strict(data))
    except (ValueError, RecursionError) as error:
        raise ReplicationError(f"manifest.json is malformed: {error}.") from None
    paths = [entry.path for entry in entries]
    canonical = jcs({"v": 1, "files": [asdict(entry) for entry in entries]})
    if canonical != data or paths != sorted(set(paths)):
        raise ReplicationError("manifest.json is not in canonical form.")
    return entries


def _check_entry(bundle: Bundle, entry: Entry, left: int) -> int:
    """Hold one file against its entry, and return how many bytes it has decompressed."""
    stored, plain, size = hashlib.sha256(), hashlib.sha256(), 0
    for chunk in bundle.chunks(entry.path):
        stored.update(chunk)
    for chunk in bundle.plain_chunks(entry.path):
        size += len(chunk)
        if size > left:
            raise ReplicationError(f"The files have more than {_MOST_PLAIN} bytes, decompressed.")
        plain.update(chunk)
    found = (bundle.members[entry.path].size, stored.hexdigest(), plain.hexdigest())
    if found != (entry.size, entry.sha256, entry.sha256_uncompressed):
        raise ReplicationError(f"{entry.path} is not the file that manifest.json lists.")
    return size
