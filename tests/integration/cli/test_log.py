"""`assay log audit` against the log of a real site, over HTTP and exported."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from typer.testing import CliRunner

from evaluations.services import log
from evaluations.services.sequencer import sequence
from leaderboard.cli.app import app
from tests import factories


def _audit(*words: str) -> tuple[int, Any]:
    done = CliRunner().invoke(app, ["log", "audit", *words, "--json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done
    return done.exit_code, json.loads(done.stdout)


@pytest.fixture
def logged() -> None:
    """Three runs that were announced, one of them ended, logged in two steps."""
    submissions = [factories.make_submission() for _ in range(3)]
    for submission in submissions:
        log.intent(submission)
    sequence()
    log.ended(submissions[0], code="cancelled", by="submitter")
    sequence()


def test_the_log_of_a_site_passes(live_server: Any, logged: None) -> None:
    code, said = _audit(str(live_server.url))
    assert (code, said["problems"], said["vkey_given"]) == (0, [], False)
    assert (said["kinds"]["intent"], said["kinds"]["failure"], len(said["open"])) == (3, 1, 2)
    assert said["size"] == said["entries_read"] == sum(said["kinds"].values())
    assert _audit(str(live_server.url), "--vkey", said["vkey"])[0] == 0


@pytest.mark.django_db(transaction=True)
def test_an_exported_log_passes(logged: None, tmp_path: Path) -> None:
    call_command("log", "export", str(tmp_path))
    code, said = _audit(str(tmp_path))
    assert (code, said["problems"], len(said["open"])) == (0, [], 2)


def test_a_site_without_entries_has_no_log(live_server: Any) -> None:
    code, said = _audit(str(live_server.url))
    assert (code, said["error"]["code"]) == (2, "not_a_log")
