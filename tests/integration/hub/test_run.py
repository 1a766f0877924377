"""A gated hub model all the way: submitted by a branch, fetched, run offline, published."""

import io
import json
import tarfile
from pathlib import Path

import pytest
import yaml
from django.contrib.auth.models import User
from pytest_django import Settings
from typer.testing import CliRunner

from evaluations import store
from evaluations.enums import SubmissionState
from evaluations.models import Revision
from evaluations.services.submissions import submit
from evaluations.services.suites import load_suite, open_board, publish
from leaderboard.cli.app import app
from tests.hub import Hub
from tests.material import make_model, make_suite
from tests.surveys import counted
from workers.worker import Worker

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]
TOKEN = "hf_secret_of_the_operator"


def test_gated_hub_model_is_published_without_a_trace_of_the_token(
    hub: Hub, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ASSAY_HUB_TOKEN = TOKEN
    commit = hub.add_model("org/random", make_model(tmp_path / "model"))
    hub.gate("org/random", token=TOKEN)
    suite, _ = load_suite(path=make_suite(tmp_path / "suite"))
    publish(suite=suite, survey=counted(suite))
    open_board(slug="b", suite=suite)
    submission, _ = submit(by=User.objects.create_user("ana"), model="org/random@main", board="b")
    # The branch moves on before a worker comes.
    hub.add_model("org/random", {"README.md": b"nothing left"})

    assert Worker().work(seconds=300) is False
    submission.refresh_from_db()
    assert (submission.state, submission.failure_detail) == (SubmissionState.PUBLISHED, "")
    assert (submission.revision.commit, submission.requested_revision) == (commit, "main")

    bundle = store.get_bytes(submission.result.bundle_sha256)
    with tarfile.open(fileobj=io.BytesIO(bundle)) as archive:
        members = {
            member.name: archive.extractfile(member).read()  # type: ignore[union-attr]
            for member in archive.getmembers()
            if member.isfile()
        }
    config = yaml.safe_load(members["run/config.yaml"])
    named = config["model_args"]["pretrained"], config["model_args"]["revision"]
    assert named == ("org/random", commit)
    weights = json.loads(members["run/weights.json"])
    assert (weights["model"], weights["revision"]) == ("hf:org/random", commit)
    assert weights["files"] == Revision.objects.get().files
    assert all(len(file["sha256"]) == 64 for file in weights["files"])
    texts = [*members.values(), submission.run.log_tail.encode(), bundle]
    assert [text for text in texts if TOKEN.encode() in text] == []

    # Run again by somebody whom the hub lets in.
    for name, value in {"HF_ENDPOINT": hub.endpoint, "HF_TOKEN": TOKEN}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "configuration"))
    (tmp_path / "bundle.tar").write_bytes(bundle)
    words = [str(tmp_path / "bundle.tar"), "--out", str(tmp_path / "again.tar"), "--json"]
    said = CliRunner().invoke(app, ["reproduce", *words, "--limit-docs", "3"])
    assert said.exit_code == 0, said.output
    assert json.loads(said.stdout)["verdict"] == "R0"
    assert TOKEN.encode() not in (tmp_path / "again.tar").read_bytes()
