"""What the site takes as a replication, and what it refuses."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from evaluations import store
from evaluations.errors import AssayError
from evaluations.models import Replication, Result
from evaluations.provenance.bundle import write_manifest
from evaluations.provenance.canonical import jcs
from evaluations.provenance.replication.archive import (
    ATTESTATION,
    COMPARISON,
    open_replication,
    write,
)
from evaluations.provenance.replication.audit import Audit
from evaluations.provenance.replication.statement import sign
from evaluations.provenance.signing import new_key
from evaluations.provenance.unpack import Bundle
from evaluations.services import replications
from tests import factories
from tests.bundles import CHOICE, Draft, make_tar
from tests.replications import answer_again, audited, likelihoods, original, replicate, rerun

pytestmark = pytest.mark.django_db
First = tuple[Draft, Bundle]


@pytest.fixture
def first(tmp_path: Path) -> First:
    return original(tmp_path / "first")


@pytest.fixture
def result(first: First, tmp_path: Path) -> Result:
    return factories.make_result(bundle=make_tar(tmp_path / "first"))


def receive(result: Result, archive: Path) -> Replication:
    made, _ = replications.receive(by=factories.make_user(), result=result, archive=archive)
    return made


def refused(result: Result, archive: Path) -> str:
    """Return the code of the refusal, after which nothing is kept."""
    with pytest.raises(AssayError) as error:
        receive(result, archive)
    assert not Replication.objects.exists()
    return str(error.value.code)


def test_replication_is_kept_with_what_was_found(
    result: Result, first: First, tmp_path: Path
) -> None:
    signer = new_key()
    archive = replicate(tmp_path / "again", first[1], first[0].rows, signer=signer)
    made = receive(result, archive)
    assert (made.verdict, made.documents, made.keyid) == ("R0", None, signer.public_key.keyid)
    assert made.result == result
    assert store.get_bytes(made.bundle_sha256) == archive.read_bytes()
    assert made.bundle_size == archive.stat().st_size
    found = open_replication(archive)
    made.refresh_from_db()
    assert (made.statement, made.comparison) == (found.statement, found.comparison)


def test_divergence_is_published_as_well(result: Result, first: First, tmp_path: Path) -> None:
    rows = copy.deepcopy(first[0].rows)
    for row in rows[CHOICE]:
        answer_again(row, likelihoods(row)[::-1])
    made = receive(result, replicate(tmp_path / "again", first[1], rows))
    assert made.verdict == "diverged"
    assert made.comparison["flips"]


def test_audit_says_how_many_documents_it_asked(
    result: Result, first: First, tmp_path: Path
) -> None:
    audit = Audit(3, "dice")
    rows = audited(first[0], audit)
    made = receive(result, replicate(tmp_path / "again", first[1], rows, audit=audit))
    assert (made.verdict, made.documents) == ("R0", 3)


def test_same_replication_twice_is_one(result: Result, first: First, tmp_path: Path) -> None:
    archive = replicate(tmp_path / "again", first[1], first[0].rows)
    once = receive(result, archive)
    made, is_new = replications.receive(by=factories.make_user(), result=result, archive=archive)
    assert (made, is_new) == (once, False)
    assert Replication.objects.count() == 1


def test_replication_of_another_result_is_refused(
    result: Result, first: First, tmp_path: Path
) -> None:
    made, _ = original(tmp_path / "other", torch="other")
    other = factories.make_result(bundle=make_tar(tmp_path / "other"))
    archive = replicate(tmp_path / "again", first[1], made.rows)
    assert refused(other, archive) == "other_result"


@pytest.fixture
def folder(first: First, tmp_path: Path) -> Path:
    path = rerun(tmp_path / "again", first[0].rows)
    write(path, first[1], None, new_key(), tmp_path / "again.tar")
    return path


def sealed(folder: Path, **said: Any) -> Path:
    """Make every hash and the signature again, as a careful liar would."""
    comparison = json.loads((folder / COMPARISON).read_text())
    claims = {
        "original": comparison["original"]["manifestSha256"],
        "verdict": comparison["verdict"],
        "audit": None,
    }
    manifest = write_manifest(folder)
    envelope = sign(signer=new_key(), **{"manifest": manifest} | claims | said)
    (folder / ATTESTATION).write_bytes(envelope)
    return packed(folder)


def packed(folder: Path) -> Path:
    target = folder.with_suffix(".tar")
    target.write_bytes(make_tar(folder))
    return target


def edit_comparison(folder: Path, **fields: Any) -> None:
    said = json.loads((folder / COMPARISON).read_text())
    (folder / COMPARISON).write_bytes(jcs(said | fields))


def test_edited_verdict_is_refused(result: Result, folder: Path) -> None:
    edit_comparison(folder, verdict="R2")
    assert refused(result, sealed(folder)) == "comparison_differs"


@pytest.mark.parametrize(
    "edit",
    [{"flipsLeftOut": 1}, {"more": 1}, {"benchmarks": []}, {"constants": {"tieNats": 9}}],
    ids=lambda edit: next(iter(edit)),
)
def test_edited_statistics_are_refused(result: Result, folder: Path, edit: dict[str, Any]) -> None:
    edit_comparison(folder, **edit)
    assert refused(result, sealed(folder)) == "comparison_differs"


def test_statement_about_another_manifest_is_refused(result: Result, folder: Path) -> None:
    assert refused(result, sealed(folder, manifest="ab" * 32)) == "replication_invalid"


def test_statement_about_another_result_is_refused(result: Result, folder: Path) -> None:
    assert refused(result, sealed(folder, original="ab" * 32)) == "other_result"


def test_wrong_signature_is_refused(result: Result, folder: Path) -> None:
    envelope = json.loads((folder / ATTESTATION).read_text())
    other = sign(original="0" * 64, manifest="1" * 64, verdict="R0", audit=None, signer=new_key())
    envelope["signatures"][0]["sig"] = json.loads(other)["signatures"][0]["sig"]
    (folder / ATTESTATION).write_bytes(jcs(envelope))
    assert refused(result, packed(folder)) == "replication_invalid"


def test_copied_answers_that_were_signed_for_an_audit_are_refused(
    result: Result, folder: Path
) -> None:
    """All documents are there, but an audit is claimed."""
    edit_comparison(folder, audit={"documents": 3, "seed": "dice"})
    assert refused(result, sealed(folder, audit=Audit(3, "dice"))) == "replication_invalid"


def test_bomb_is_refused(result: Result, folder: Path) -> None:
    import zstandard

    bomb = zstandard.ZstdCompressor(level=19).compress(bytes(200 << 20))
    (folder / f"results/samples/{CHOICE}.jsonl.zst").write_bytes(bomb)
    assert refused(result, sealed(folder)) == "replication_invalid"


@pytest.mark.parametrize("data", [b"", b"no tar" * 1000, bytes(10240)])
def test_what_is_no_tar_is_refused(result: Result, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(data)
    assert refused(result, path) == "replication_invalid"


def test_too_large_a_file_is_refused_unread(result: Result, tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    with path.open("wb") as file:
        file.truncate(200 * 10**6 + 1)
    assert refused(result, path) == "request_too_large"
