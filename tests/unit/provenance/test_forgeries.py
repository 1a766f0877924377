"""Spoil a good bundle in hundreds of ways; each must be refused by the check that guards it."""

import json
import random

import pytest

from evaluations.provenance.bundle import write_manifest
from evaluations.provenance.canonical import jcs
from evaluations.provenance.members import BundleError
from evaluations.provenance.unpack import open_bundle
from evaluations.provenance.verify import verify_bundle
from tests.bundles import CHOICE, COPY, draft, make_tar
from tests.unit.provenance.forgeries import FORGERIES, add_bomb

FILES = [
    "run/config.yaml",
    "run/environment.json",
    "run/plan.json",
    "run/requirements.lock",
    "run/weights.json",
    "manifest.json",
    "results/results.json",
    "results/scores.json",
    f"results/samples/{CHOICE}.jsonl.zst",
    f"results/samples/{COPY}.jsonl.zst",
]


def failed(report):
    """The numbers of the checks that failed, none of them for a reason that nobody foresaw."""
    assert not [check for check in report.checks if "unforeseen" in check.why]
    return {check.number for check in report.checks if check.outcome == "FAIL"}


CASES = [(forge, seed, check) for forge, times, check in FORGERIES for seed in range(times)]


@pytest.mark.parametrize(
    ("forge", "seed", "check"), CASES, ids=[f"{f.__name__}-{seed}" for f, seed, _ in CASES]
)
def test_forgery_with_hashes_made_again_is_refused(tmp_path, forge, seed, check):
    made = draft()
    forge(made, random.Random(seed))
    report = verify_bundle(made.write(tmp_path))
    assert report.verdict == "failed"
    assert check in failed(report)
    assert 3 not in failed(report) or forge is add_bomb


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("name", FILES)
def test_flipped_bit_is_refused(tmp_path, name, seed):
    root = draft().write(tmp_path)
    flip(root / name, random.Random(seed))
    refused = failed(verify_bundle(root))
    assert 3 in refused or (name == "manifest.json" and 1 in refused)


def flip(path, chance):
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


@pytest.mark.parametrize("seed", range(40))
def test_flipped_bit_in_the_tar_is_refused_or_changes_nothing(tmp_path, seed):
    root = draft().write(tmp_path / "in")
    path = tmp_path / "bundle.tar"
    path.write_bytes(make_tar(root))
    flip(path, random.Random(seed))
    try:
        report = verify_bundle(path)
    except BundleError:
        return
    if not failed(report):  # two spaces in a header's checksum carry nothing
        bundle, good = open_bundle(path), open_bundle(root)
        assert {p: bundle.read(p) for p in bundle.members} == {
            p: good.read(p) for p in good.members
        }


@pytest.mark.parametrize("seed", range(20))
def test_tar_that_is_cut_off_is_refused(tmp_path, seed):
    path = tmp_path / "bundle.tar"
    data = make_tar(draft().write(tmp_path / "in"))
    path.write_bytes(data[: random.Random(seed).randrange(512, len(data) - 512)])
    assert failed(verify_bundle(path)) == {1}


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".json")])
def test_doubled_key_in_a_json_file_is_refused(tmp_path, name):
    root = draft().write(tmp_path)
    text = (root / name).read_bytes()
    key = json.dumps(min(json.loads(text))).encode()
    (root / name).write_bytes(b"{" + key + b":1," + text[1:])
    if name != "manifest.json":
        write_manifest(root)
    assert 1 in failed(verify_bundle(root))


@pytest.mark.parametrize("name", FILES)
def test_missing_file_is_refused(tmp_path, name):
    root = draft().write(tmp_path)
    (root / name).unlink()
    if name == "manifest.json":
        with pytest.raises(BundleError):
            verify_bundle(root)
    else:
        assert 3 in failed(verify_bundle(root))


@pytest.mark.parametrize(
    "name", ["extra", "manifest.json.txt", "attestation.dsse.json.x", "proofs"]
)
def test_added_file_is_refused(tmp_path, name):
    root = draft().write(tmp_path)
    (root / name).write_bytes(b"")
    assert failed(verify_bundle(root)) == {3}


def test_manifest_in_another_form_is_refused(tmp_path):
    root = draft().write(tmp_path)
    data = json.loads((root / "manifest.json").read_bytes())
    (root / "manifest.json").write_text(json.dumps(data))
    assert failed(verify_bundle(root)) == {3}
    data["files"].reverse()
    (root / "manifest.json").write_bytes(jcs(data))
    assert failed(verify_bundle(root)) == {3}
