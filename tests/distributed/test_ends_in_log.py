"""Runs that end without a result: anybody finds them in the log, with what announced them."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from evaluations.provenance.log.tiles import Tiles
from evaluations.provenance.records import Kind, Record, read_record
from leaderboard.cli.app import app
from leaderboard.demo import Visitor
from tests.distributed.sites import running, wait_for
from tests.material import make_model, make_suite
from tests.servers import Site

pytestmark = [pytest.mark.engine, pytest.mark.distributed]


@pytest.fixture
def visitor(site: Site, tmp_path: Path) -> Iterator[Visitor]:
    suite = make_suite(tmp_path / "suite", documents=300, tokens=200)
    site.manage("load_suite", str(suite))
    site.manage("publish_suite", "made-up")
    site.manage("create_board", "made-up", "made-up")
    site.manage("register_model", "slow", str(make_model(tmp_path / "slow")))
    site.manage("register_model", "spoilt", str(make_spoilt(tmp_path / "spoilt")))
    with running(site, workers=1) as visitor:
        yield visitor


def make_spoilt(folder: Path) -> Path:
    """Save a model that answers every question with NaN."""
    from safetensors.torch import load_file, save_file

    weights = make_model(folder, seed=1) / "model.safetensors"
    save_file({name: t * float("nan") for name, t in load_file(weights).items()}, weights)
    return folder


def audited(site: str, *, failures: int) -> Any:
    """Return what `assay log audit` says, when so many failures have their places in the log."""
    deadline = time.monotonic() + 20
    while True:
        done = CliRunner().invoke(app, ["log", "audit", site, "--json"])
        assert done.exit_code == 0, done.output
        said = json.loads(done.stdout)
        if len(said["failures"]) >= failures or time.monotonic() > deadline:
            return said
        time.sleep(0.2)


def entries_of(site: str, size: int) -> list[Record]:
    """Read a small log's records as a stranger does, from its static files."""
    tiles = Tiles(lambda path: httpx.get(f"{site}/{path}").raise_for_status().content, size)
    return [read_record(entry) for entry in tiles.bundle(0)]


def test_failed_and_cancelled_runs_stand_in_the_log_after_their_intents(visitor: Visitor) -> None:
    failed = visitor.submit(model="local:spoilt", board="made-up")
    wait_for(visitor, failed, "failed")
    cancelled = visitor.submit(model="local:slow", board="made-up")
    wait_for(visitor, cancelled, "running")
    visitor.cancel(cancelled)
    ended = wait_for(visitor, cancelled, "cancelled")
    assert ended["result"] is None

    said = audited(visitor.site, failures=2)
    entries = entries_of(visitor.site, said["size"])
    for submission, code in ((failed, "nan_logits"), (cancelled, "cancelled")):
        [end] = [one for one in said["failures"] if one["submission"] == submission]
        assert (end["code"], end["intent"] < end["index"]) == (code, True)
        intent, failure = entries[end["intent"]], entries[end["index"]]
        assert (intent.kind, intent.about["submission"]) == (Kind.INTENT, submission)
        assert (failure.kind, failure.about) == (
            Kind.FAILURE, {"submission": submission, "code": code},
        )  # fmt: skip
        assert failure.refs == (intent.leaf,)
    assert {"result", "retract"} & said["kinds"].keys() == set()
    assert (said["open"], said["problems"]) == ([], [])
