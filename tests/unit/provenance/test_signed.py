"""Signed bundles, good ones: keys that change, a log that grows, and what a reader remembers."""

import subprocess
from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from proofbundle import verify_tlog_proof
from securesystemslib.dsse import Envelope

from evaluations.provenance.bundle import OUTSIDE_FILES
from evaluations.provenance.checks.signed import outside
from evaluations.provenance.records import Kind, Record
from evaluations.provenance.trust import Pinned, Seen, Trust, log_id
from evaluations.provenance.verify import verify_bundle
from tests.bundles import WEIGHTS, draft, write_files
from tests.signed import ORIGIN, Site, attach, key, log_result, signed, with_manifest, write_tar

DAY = "2026-11-24T18:00:00Z"


@pytest.fixture
def check(tmp_path):
    """Verify files as a tar, with what the reader trusts."""

    def made(files, **choices: Any):
        return verify_bundle(write_tar(tmp_path / "bundle.tar", files), **choices)

    return made


def outcomes(report):
    return {c.number: str(c.outcome) for c in report.checks if c.outcome != "PASS"}


def why(report, number):
    return report.checks[number - 1].why


def pinned(report=None, *, checkpoints=None, roots=None):
    """What somebody remembers who has seen this report."""
    seen = dict(report.remembered.checkpoints if checkpoints is None else checkpoints)
    known = report.remembered.roots if roots is None else roots
    kept = tuple(Seen(size, root, DAY) for size, root in seen.items())
    return {log_id(ORIGIN): Pinned(ORIGIN, known, kept, DAY)}


OFFLINE = {8: "NOT-APPLICABLE", 12: "NOT-APPLICABLE"}


def test_good_bundle_is_verified_and_says_that_its_root_was_trusted_on_first_use(check):
    site = Site()
    report = check(signed(draft().files(), site))
    assert (report.verdict, outcomes(report)) == ("verified", OFFLINE)
    assert "TRUSTED ON FIRST USE" in why(report, 2)
    assert any("root of trust came with this bundle" in limit for limit in report.limits)
    assert [limit for limit in report.limits if limit.startswith("Check ")] == [
        f"Check 8 (model weights) does not apply: {why(report, 8)}.",
        f"Check 12 (still in force) does not apply: {why(report, 12)}.",
    ]
    size = len(site.entries)
    assert dict(report.remembered.checkpoints)[size] == site.checkpoint().root
    assert report.remembered.roots == {1: site.roots[0]}


def test_everything_passes_with_model_root_and_log(check, tmp_path):
    site, model = Site(), tmp_path / "model"
    write_files(model, WEIGHTS)
    files = signed(draft().files(), site)
    first = check(files)
    site.fill(300)  # more than a tile
    trust = Trust(site.roots[0], pinned(first), site.fetch())
    report = check(files, model=model, trust=trust)
    assert outcomes(report) == {}
    assert "from the root that you gave" in why(report, 2)
    assert "agrees with your checkpoints of" in why(report, 6)
    assert f"as of the checkpoint of {len(site.entries)} entries" in why(report, 12)
    assert dict(report.remembered.checkpoints)[len(site.entries)] == site.checkpoint().root


@pytest.mark.parametrize("path", [p for p in signed(draft().files()) if outside(p)])
def test_one_file_taken_away_fails_and_is_not_merely_unsigned(check, path):
    files = signed(draft().files())
    del files[path]
    assert path == "manifest.json" or check(files).verdict == "failed"


def test_bundle_with_its_keys_only_fails(check):
    files = signed(draft().files())
    kept = {
        p: d for p, d in files.items() if not p.startswith("proof/") and p not in OUTSIDE_FILES[1:]
    }
    report = check(kept)
    assert {n for n, o in outcomes(report).items() if o == "FAIL"} == {4, 5, 7}


def test_bundle_without_any_of_them_is_incomplete(check):
    report = check({p: d for p, d in signed(draft().files()).items()
                    if not outside(p) or p == "manifest.json"})  # fmt: skip
    assert report.verdict == "incomplete"
    assert [n for n, o in outcomes(report).items() if o == "SKIPPED"] == [2, 4, 5, 6, 7, 12]


def test_symlink_in_a_folder_is_refused(tmp_path):
    files = signed(draft().files())
    write_files(tmp_path, files)
    (tmp_path / "trust" / "log.vkey").unlink()
    (tmp_path / "trust" / "log.vkey").symlink_to("/etc/hostname")
    report = verify_bundle(tmp_path)
    assert (report.verdict, "link" in why(report, 1)) == ("failed", True)


# Keys.


@pytest.mark.parametrize("kind", ["statement", "log"])
def test_result_from_before_a_rotation_stays_good(check, kind):
    site = Site()
    files = with_manifest(draft().files())
    entries = log_result(site, files)
    site.fill(2)
    site.rotate(**{kind: "second"})
    site.fill(3)
    report = check(attach(site, files, entries))
    assert outcomes(report) == OFFLINE
    assert "root version 2" in why(report, 2)


@pytest.mark.parametrize("kind", ["statement", "log"])
def test_result_from_after_a_rotation_is_good_with_the_new_key_only(check, kind):
    site = Site()
    site.fill(3)
    before = getattr(site, kind)
    site.rotate(**{kind: "second"})
    assert outcomes(check(signed(draft().files(), site))) == OFFLINE
    setattr(site, kind, before)
    report = check(signed(draft().files(), site))
    number = 4 if kind == "statement" else 5
    assert outcomes(report)[number] == "FAIL"
    assert "trusted" in why(report, number)


@pytest.mark.parametrize("kind", ["statement", "log"])
def test_site_that_has_rotated_since_is_followed_to_its_newest_root(check, kind):
    """The bundle knows version 1 only; what the site signs now is signed by version 2."""
    site = Site()
    files = signed(draft().files(), site)
    site.rotate(**{kind: "second"})
    site.fill(3)
    report = check(files, trust=Trust(fetch=site.fetch()))
    assert (report.verdict, outcomes(report)) == ("verified", {8: "NOT-APPLICABLE"})
    assert "root version 2" in why(report, 2)
    site.roots[1] = Site().roots[0]  # not signed by the first version's keys
    assert outcomes(check(files, trust=Trust(fetch=site.fetch())))[2] == "FAIL"


def test_revoked_key_is_refused_by_those_who_know_of_its_revocation(check):
    """A thief can leave the newest version out of his bundle; who has seen it isn't fooled."""
    site = Site()
    site.fill(3)
    thief = replace(site)
    thief.roots = site.roots[:1]
    site.rotate(statement="second")
    files = signed(draft().files(), thief)
    assert check(files).verdict == "verified"
    known = pinned(roots={1: site.roots[0], 2: site.roots[1]}, checkpoints={})
    report = check(files, trust=Trust(pinned=known))
    assert (report.verdict, outcomes(report)[4]) == ("failed", "FAIL")
    assert check(files, trust=Trust(site.roots[1])).verdict == "failed"


def test_another_root_than_the_remembered_or_given_one_fails(check):
    site, evil = Site(), Site(keys="evil")
    files = signed(draft().files(), evil)
    report = check(files, trust=Trust(pinned=pinned(roots={1: site.roots[0]}, checkpoints={})))
    assert (outcomes(report)[2], "another one than you met" in why(report, 2)) == ("FAIL", True)
    report = check(files, trust=Trust(site.roots[0]))
    assert (outcomes(report)[2], "that is trusted" in why(report, 2)) == ("FAIL", True)


def test_older_version_made_up_before_a_given_one_gives_no_trust(check):
    """Trust goes forward only: a forger can name the real root keys in a version of his own."""
    from tests.mutations import _forge_older

    site = Site()
    site.fill(2)
    forged = _forge_older(site, 1)
    site.rotate(statement="second")
    thief = replace(site)
    thief.roots = [forged, site.roots[1]]
    thief.entries = []
    thief.statement = key("older 1")
    report = check(signed(draft().files(), thief), trust=Trust(site.roots[1]))
    assert outcomes(report)[4] == "FAIL"


def test_result_from_before_the_given_root_is_left_open(check):
    site = Site()
    files = with_manifest(draft().files())
    entries = log_result(site, files)
    site.rotate(statement="second")
    site.fill(1)
    report = check(attach(site, files, entries), trust=Trust(site.roots[1]))
    assert (report.verdict, outcomes(report)[4]) == ("incomplete", "SKIPPED")
    assert "no known version of the root was in force" in why(report, 4)


def test_expired_root_fails(check):
    files = signed(draft().files(), times=("2026-11-24T16:00:00Z", "2026-11-24T16:00:00Z",
                                           "2049-01-01T00:00:00Z"))  # fmt: skip
    report = check(files)
    assert (outcomes(report)[2], "expired" in why(report, 2)) == ("FAIL", True)


# The log.


def test_log_with_another_history_fails_against_a_remembered_checkpoint(check):
    site, other = Site(), Site()
    report = check(signed(draft().files(), site))
    rewritten = signed(draft().files(), other, submission="s-2")
    assert len(site.entries) == len(other.entries)
    assert check(rewritten).verdict == "verified"
    found = check(rewritten, trust=Trust(pinned=pinned(report)))
    assert (outcomes(found)[6], "rewritten" in why(found, 6)) == ("FAIL", True)
    assert found.remembered is None


def test_log_of_now_with_another_history_fails(check):
    site, other = Site(), Site()
    files = signed(draft().files(), site)
    other.fill(len(site.entries) + 5, seed=9)
    report = check(files, trust=Trust(fetch=other.fetch()))
    assert (outcomes(report)[6], outcomes(report)[12]) == ("FAIL", "FAIL")
    assert report.remembered is None


def test_remembered_checkpoint_that_cannot_be_compared_offline_is_told(check):
    site = Site()
    files = signed(draft().files(), site)
    site.fill(9)
    known = pinned(roots={}, checkpoints={len(site.entries): site.checkpoint().root})
    report = check(files, trust=Trust(pinned=known))
    assert outcomes(report)[6] == "NOT-APPLICABLE"
    assert "could not be compared" in why(report, 6)
    report = check(files, trust=Trust(pinned=known, fetch=site.fetch()))
    assert (outcomes(report).get(6), outcomes(report).get(12)) == (None, None)


def test_site_with_a_shorter_log_is_told(check):
    site = Site()
    site.fill(4)
    fetch = site.fetch()
    report = check(signed(draft().files(), site), trust=Trust(fetch=fetch))
    assert "4 entries only" in why(report, 12)
    assert report.verdict == "verified"


def test_first_result_of_a_log_has_no_earlier_checkpoint(check):
    site = Site()
    files = with_manifest(draft().files())
    entries = log_result(site, files, prior=0)
    report = check(attach(site, files, entries))
    assert outcomes(report) == OFFLINE | {6: "NOT-APPLICABLE"}
    assert "no earlier checkpoint" in why(report, 6)


@pytest.mark.parametrize(
    ("kind", "about", "said"),
    [
        (Kind.SUPERSEDE, {"result": "r-1", "by": "r-2"}, "superseded by the result r-2 on"),
        (Kind.RETRACT, {"submission": "s-1", "by": "submitter", "reason": "wrong"},
         "withdrawn by the submitter (wrong) on"),
    ],
)  # fmt: skip
def test_result_that_was_taken_back_fails_where_the_log_is_read(check, kind, about, said):
    site = Site()
    files = with_manifest(draft().files())
    entries = log_result(site, files)
    early = attach(site, files, entries)
    site.fill(2)
    site.add(Record(kind, "2026-11-24T19:00:00Z", about, refs=(entries.result.leaf,)))
    site.fill(2)
    late = attach(site, files, entries)
    assert check(early).verdict == check(late).verdict == "verified"
    for made in (early, late):
        report = check(made, trust=Trust(fetch=site.fetch()))
        assert (outcomes(report)[12], said in why(report, 12)) == ("FAIL", True)


@pytest.mark.parametrize(
    ("acts", "outcome"),
    [
        (["dispute", "answer"], "PASS"),
        (["remove"], "FAIL"),
        (["remove", "dispute"], "FAIL"),
        (["remove", "restore"], "PASS"),
        (["remove", "restore", "remove"], "FAIL"),
    ],
)
def test_result_that_an_operator_removed_fails_until_it_is_restored(check, acts, outcome):
    site = Site()
    files = with_manifest(draft().files())
    entries = log_result(site, files)
    for number, act in enumerate(acts):
        about = {"act": act, "id": str(number), "result": "r-1"}
        site.add(Record(Kind.MODERATION, DAY, about, refs=(entries.result.leaf,)))
    report = check(attach(site, files, entries), trust=Trust(fetch=site.fetch()))
    assert report.checks[11].outcome == outcome
    assert ("removed from its board by an operator" in why(report, 12)) == (outcome == "FAIL")


def test_act_about_another_result_leaves_this_one_in_force(check):
    site = Site()
    files = with_manifest(draft().files())
    entries = log_result(site, files)
    refs = ("0" * 64, entries.result.leaf)
    site.add(Record(Kind.MODERATION, DAY, {"act": "remove", "result": "r-0"}, refs=refs))
    report = check(attach(site, files, entries), trust=Trust(fetch=site.fetch()))
    assert outcomes(report) == {8: "NOT-APPLICABLE"}


def test_result_that_takes_the_place_of_another_is_good(check):
    site = Site()
    files = with_manifest(draft().files())
    entries = log_result(site, files)
    refs = ("0" * 64, entries.result.leaf)
    site.add(Record(Kind.SUPERSEDE, DAY, {"result": "r-0", "by": "r-1"}, refs=refs))
    report = check(attach(site, files, entries), trust=Trust(fetch=site.fetch()))
    assert outcomes(report) == {8: "NOT-APPLICABLE"}


@pytest.mark.parametrize("broken", ["missing", "down", "tile", "note"])
def test_log_that_cannot_be_read_leaves_the_offline_outcome(check, broken):
    site = Site()
    files = signed(draft().files(), site)
    whole = site.fetch()

    def fetch(path):
        if broken == "down":
            raise OSError("no route")
        if broken == "missing":
            raise LookupError(path)
        data = whole(path)
        tampered = path.startswith("tile") if broken == "tile" else path == "checkpoint"
        return data[:-3] + b"AAA" if tampered else data

    report = check(files, trust=Trust(fetch=fetch))
    assert outcomes(report) == OFFLINE


def test_unreadable_memory_leaves_keys_and_history_open(check):
    files = signed(draft().files())
    lost = {log_id(ORIGIN): Pinned("", unreadable="x.json is damaged")}
    report = check(files, trust=Trust(pinned=lost))
    assert (outcomes(report)[2], outcomes(report)[6]) == ("SKIPPED", "SKIPPED")
    assert (report.verdict, report.remembered) == ("incomplete", None)


# Programs that we did not write.


def test_openssl_accepts_the_envelope_and_refuses_a_tampered_one(tmp_path):
    files = signed(draft().files())
    parsed = orjson.loads(files["attestation.dsse.json"])
    [signature] = parsed["signatures"]
    root = orjson.loads(files["trust/1.root.json"])["signed"]
    raw = bytes.fromhex(root["keys"][signature["keyid"]]["keyval"]["public"])
    # RFC 8410: what stands before an Ed25519 key in a SubjectPublicKeyInfo.
    write_files(tmp_path, {"key.der": bytes.fromhex("302a300506032b6570032100") + raw})
    write_files(tmp_path, {"sig": b64decode(signature["sig"])})
    payload = b64decode(parsed["payload"])
    assert accepted(tmp_path, pae(parsed["payloadType"], payload))
    assert not accepted(tmp_path, pae(parsed["payloadType"], payload.replace(b"0.", b"1.", 1)))
    assert not accepted(tmp_path, pae("application/json", payload))
    assert pae(parsed["payloadType"], payload) == Envelope.from_dict(parsed).pae()


def pae(kind: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding, from its specification."""
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind.encode(), len(payload), payload)


def accepted(folder: Path, message: bytes) -> bool:
    (folder / "message").write_bytes(message)
    done = subprocess.run(
        ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER",
         "-inkey", "key.der", "-sigfile", "sig", "-in", "message"],
        cwd=folder, capture_output=True, check=False,
    )  # fmt: skip
    return done.returncode == 0


@pytest.mark.parametrize("name", ["intent", "benchmark", "result"])
def test_proofbundle_accepts_the_proofs_and_refuses_tampered_ones(name):
    site = Site()
    files = with_manifest(draft().files())
    site.fill(5)
    entries = log_result(site, files)
    site.fill(4)
    files = attach(site, files, entries)
    leaf = getattr(entries, name).encode()
    vkey = files["trust/log.vkey"].decode().strip()
    text = files[f"proof/{name}.tlog-proof"].decode()

    def ok(text, leaf=leaf, vkey=vkey):
        return bool(verify_tlog_proof(text, leaf, vkey, expected_origin=ORIGIN)["ok"])

    assert ok(text)
    assert not ok(text, leaf.replace(b"2026", b"2025", 1))
    assert not ok(
        text, vkey=signed(draft().files(), Site(keys="x"))["trust/log.vkey"].decode().strip()
    )
    lines = text.split("\n")
    for number, found in enumerate(lines[1:], 1):
        if found:
            changed = str(int(found) + 1) if found.isdigit() else flipped(found)
            assert not ok("\n".join([*lines[:number], changed, *lines[number + 1 :]])), changed


def flipped(text):
    """Another character in the third place from the end."""
    return f"{text[:-3]}{'B' if text[-3] == 'A' else 'A'}{text[-2:]}"
