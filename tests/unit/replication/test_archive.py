"""A replication's own bundle: honest ones are read, and each way to lie in one is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from evaluations.provenance.bundle import stream_tar, write_manifest
from evaluations.provenance.canonical import jcs
from evaluations.provenance.replication.archive import (
    ATTESTATION,
    COMPARISON,
    LIMITS,
    open_replication,
    write,
)
from evaluations.provenance.replication.audit import Audit
from evaluations.provenance.replication.errors import ReplicationError
from evaluations.provenance.replication.statement import sign
from evaluations.provenance.signing import new_key
from evaluations.provenance.unpack import Bundle, open_bundle
from tests.bundles import CHOICE, Draft, make_tar
from tests.replications import audited, original, replicate, rerun


@pytest.fixture
def first(tmp_path: Path) -> tuple[Draft, Bundle]:
    return original(tmp_path / "first")


def test_honest_replication_is_read_and_agrees(tmp_path: Path, first: tuple[Draft, Bundle]) -> None:
    made, bundle = first
    signer = new_key()
    archive = replicate(tmp_path / "again", bundle, made.rows, signer=signer)
    found = open_replication(archive)
    assert found.check(bundle) == found.check(open_bundle(tmp_path / "first"))
    assert (str(found.claims.verdict), found.claims.audit) == ("R0", None)
    assert found.claims.keyid == signer.public_key.keyid
    assert [one["name"] for one in found.statement["subject"]] == [
        "manifest.json", "replication/manifest.json",
    ]  # fmt: skip


def test_audit_is_signed_as_one(tmp_path: Path, first: tuple[Draft, Bundle]) -> None:
    made, bundle = first
    audit = Audit(4, "seed")
    archive = replicate(tmp_path / "again", bundle, audited(made, audit), audit=audit)
    found = open_replication(archive)
    found.check(bundle)
    assert found.statement["predicate"]["audit"] == {"documents": 4, "seed": "seed"}


def test_bytes_depend_on_contents_and_key_alone(
    tmp_path: Path, first: tuple[Draft, Bundle]
) -> None:
    made, bundle = first
    signer = new_key()
    one, other = (
        replicate(tmp_path / name, bundle, made.rows, signer=signer) for name in ("one", "other")
    )
    assert one.read_bytes() == other.read_bytes()


def _resealed(folder: Path, made: Draft, bundle: Bundle, **claims: Any) -> Path:
    """Make every hash and the signature again, as a careful liar would."""
    signer = new_key()
    said = {"original": "", "verdict": "R0", "audit": None} | claims
    said["original"] = (
        said["original"]
        or json.loads((folder / COMPARISON).read_text())["original"]["manifestSha256"]
    )
    (folder / ATTESTATION).write_bytes(sign(manifest=write_manifest(folder), signer=signer, **said))
    target = folder.with_suffix(".tar")
    target.write_bytes(make_tar(folder))
    return target


@pytest.fixture
def folder(tmp_path: Path, first: tuple[Draft, Bundle]) -> Path:
    made, bundle = first
    path = rerun(tmp_path / "again", made.rows)
    write(path, bundle, None, new_key(), tmp_path / "again.tar")
    return path


def test_edited_verdict_is_found(folder: Path, first: tuple[Draft, Bundle]) -> None:
    said = json.loads((folder / COMPARISON).read_text())
    said["verdict"] = "R1"
    (folder / COMPARISON).write_bytes(jcs(said))
    found = open_replication(_resealed(folder, *first, verdict="R1"))
    with pytest.raises(ReplicationError) as refused:
        found.check(first[1])
    assert refused.value.code == "comparison_differs"


def test_other_result_is_found(folder: Path, first: tuple[Draft, Bundle]) -> None:
    found = open_replication(_resealed(folder, *first, original="ab" * 32))
    with pytest.raises(ReplicationError) as refused:
        found.check(first[1])
    assert refused.value.code == "other_result"


def test_statement_of_another_verdict_than_the_comparison_is_refused(
    folder: Path, first: tuple[Draft, Bundle]
) -> None:
    with pytest.raises(ReplicationError, match="different verdicts"):
        open_replication(_resealed(folder, *first, verdict="R2"))


def _bomb(folder: Path) -> None:
    packer = zstandard.ZstdCompressor(level=19)
    (folder / f"results/samples/{CHOICE}.jsonl.zst").write_bytes(packer.compress(bytes(200 << 20)))


def _wrong_signature(folder: Path) -> None:
    envelope = json.loads((folder / ATTESTATION).read_text())
    other = sign(original="0" * 64, manifest="1" * 64, verdict="R0", audit=None, signer=new_key())
    envelope["signatures"][0]["sig"] = json.loads(other)["signatures"][0]["sig"]
    (folder / ATTESTATION).write_bytes(jcs(envelope))


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "changed file": (
        lambda f: (f / "run/pins.json").write_bytes(jcs({"pins": [1]})), "is not the file",
    ),
    "extra file": (lambda f: (f / "extra").write_bytes(b"x"), "holds extra"),
    "missing file": (lambda f: (f / "run/pins.json").unlink(), "lacks run/pins.json"),
    "unsigned": (lambda f: (f / ATTESTATION).unlink(), "lacks attestation"),
    "wrong signature": (_wrong_signature, "signature by the key"),
    "spoilt signature": (lambda f: (f / ATTESTATION).write_bytes(b"{}"), "attestation.dsse.json"),
    "bomb": (_bomb, "bomb"),
    "link": (lambda f: (f / "run/link").symlink_to("/etc/passwd"), "link or a device"),
    "manifest with a space": (
        lambda f: (f / "manifest.json").write_bytes((f / "manifest.json").read_bytes() + b" "),
        "canonical",
    ),
    "no JSON": (lambda f: (f / "manifest.json").write_bytes(b"[" * 100_000), "malformed"),
}  # fmt: skip


@pytest.mark.parametrize("way", SPOILT)
def test_spoilt_replication_is_refused(folder: Path, way: str) -> None:
    spoil, reason = SPOILT[way]
    spoil(folder)
    with pytest.raises(ReplicationError, match=reason):
        open_replication(folder)


def test_bomb_in_a_sealed_replication_is_refused(folder: Path, first: tuple[Draft, Bundle]) -> None:
    _bomb(folder)
    with pytest.raises(ReplicationError, match="bomb"):
        open_replication(_resealed(folder, *first))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"not a tar" * 100, b"\0" * 10240,
        b"".join(stream_tar([("../manifest.json", 2, [b"{}"])])),
        b"".join(stream_tar([("manifest.json", 2, [b"{}"])] * 2)),
    ],
    ids=["empty", "text", "zeros", "outside", "twice"],
)  # fmt: skip
def test_what_is_no_tar_of_files_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(data)
    with pytest.raises(ReplicationError, match="can't be read"):
        open_replication(path)


def test_no_byte_of_an_attestation_changes_unnoticed(folder: Path) -> None:
    whole = (folder / ATTESTATION).read_bytes()
    for place in range(0, len(whole), 7):
        for bit in (1, 64):
            spoilt = bytearray(whole)
            spoilt[place] ^= bit
            (folder / ATTESTATION).write_bytes(bytes(spoilt))
            with pytest.raises(ReplicationError):
                open_replication(folder, LIMITS)
