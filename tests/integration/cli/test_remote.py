import json
from typing import Any

import pytest
from typer.testing import CliRunner

from evaluations.models import Submission
from leaderboard.cli import credentials
from leaderboard.cli.app import app
from leaderboard.cli.waiting import wait
from tests import factories


def _run(*words: str, told: str = "") -> Any:
    return CliRunner().invoke(app, list(words), input=told)


@pytest.fixture
def site(live_server: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("ASSAY_TOKEN", raising=False)
    monkeypatch.delenv("ASSAY_SITE", raising=False)
    return str(live_server.url)


def test_a_person_signs_in_submits_and_asks(site: str) -> None:
    secret = factories.make_token(factories.make_user("ana"), scopes=("read", "submit"))[1]
    factories.make_board("demo")
    factories.make_revision(factories.make_model("mti"))
    signed_in = _run("login", "--site", site, "--token-stdin", told=secret)
    assert signed_in.exit_code == 0, signed_in.output
    assert "ana" in signed_in.output
    assert secret not in signed_in.output
    assert credentials.path().stat().st_mode & 0o777 == 0o600
    checked = _run("check", "local:mti", "--board", "demo")
    assert checked.exit_code == 0, checked.output
    assert not Submission.objects.exists()
    made = _run("submit", "local:mti", "--board", "demo", "--json")
    assert made.exit_code == 0, made.output
    public_id = json.loads(made.output)["id"]
    assert Submission.objects.get().public_id == public_id
    assert public_id in _run("status", public_id).output
    assert _run("logs", public_id).exit_code == 0
    Submission.objects.update(state="cancelled")
    assert wait(site, public_id)["state"] == "cancelled"


def test_a_wrong_token_is_not_kept(site: str) -> None:
    refused = _run("login", "--site", site, "--token-stdin", "--json", told="wrong")
    assert refused.exit_code == 2
    assert json.loads(refused.output)["error"]["code"] == "token_invalid"
    assert not credentials.path().exists()


def test_submitting_needs_a_token(site: str) -> None:
    assert _run("submit", "local:mti", "--board", "demo", "--site", site).exit_code == 2
