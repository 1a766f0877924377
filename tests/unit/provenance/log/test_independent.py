"""Programs that others wrote read what we make, and refuse it when it was changed."""

import subprocess
from base64 import b64decode

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from proofbundle import merkle as other_merkle
from proofbundle.checkpoint import verify_checkpoint
from proofbundle.errors import ProofBundleError
from proofbundle.tlogproof import verify_tlog_proof

from evaluations.provenance.log.proof import encode
from evaluations.provenance.merkle import tree_root
from tests.logs import KEY, ORIGIN, VKEY, Log, small

SIZES = [1, 2, 3, 7, 256, 257, 600]


def spoiled(text, place):
    """Change one letter."""
    return text[:place] + ("B" if text[place] == "A" else "A") + text[place + 1 :]


@pytest.mark.parametrize("size", SIZES)
def test_proofbundle_accepts_our_proofs(size):
    log = Log().add(small(size))
    for index in {0, size // 2, size - 1}:
        text, entry = encode(log.proof(index)).decode(), small(size)[index]
        found = verify_tlog_proof(text, entry, VKEY, expected_origin=ORIGIN)
        assert (found["ok"], found["tree_size"], found["index"]) == (True, size, index)
        assert not verify_tlog_proof(text, entry + b"x", VKEY)["ok"]
        assert not verify_tlog_proof(spoiled(text, -10), entry, VKEY)["ok"]
        if size > 1:
            first_hash = text.index("\n", text.index("index")) + 3
            assert not verify_tlog_proof(spoiled(text, first_hash), entry, VKEY)["ok"]
            other = text.replace(f"index {index}\n", f"index {(index + 1) % size}\n")
            assert not verify_tlog_proof(other, entry, VKEY)["ok"]


def test_proofbundle_accepts_our_checkpoint():
    log = Log().add(small(5))
    found = verify_checkpoint(log.note(), VKEY)
    assert (found["ok"], found["origin"], found["tree_size"]) == (True, ORIGIN, 5)
    assert not verify_checkpoint(log.note().replace("\n5\n", "\n6\n"), VKEY)["ok"]
    with pytest.raises(ProofBundleError):
        verify_checkpoint(log.note(), VKEY.replace("localhost", "localhosT"))


@pytest.mark.parametrize("new", SIZES)
def test_proofbundle_accepts_our_consistency_proofs(new):
    entries = small(new)
    log = Log().add(entries)
    for old in {1, new // 2 or 1, max(1, new - 1), new}:
        proof, old_root = log.tiles.consistency(old), tree_root(entries[:old])
        assert proof == other_merkle.consistency_proof(entries, old)
        assert other_merkle.verify_consistency(old, new, proof, old_root, log.root)
        assert not other_merkle.verify_consistency(old, new, proof, bytes(32), log.root)
        assert not other_merkle.verify_consistency(old, new, [*proof, old_root], old_root, log.root)


def test_openssl_verifies_the_signature_of_a_note(tmp_path):
    text, _, line = Log().add(small(5)).note().partition("\n\n")
    text += "\n"
    signature = b64decode(line.split(" ")[2])[4:]
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for name, data in (("key", pem), ("signature", signature), ("text", text.encode())):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "changed").write_text(text.replace("\n5\n", "\n6\n"))

    def verifies(name):
        command = "openssl pkeyutl -verify -rawin -pubin -inkey key -sigfile signature -in"
        done = subprocess.run(
            [*command.split(), name],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
        return done.returncode == 0

    assert verifies("text")
    assert not verifies("changed")
