"""The whole path with real processes: form, queue, workers, board, verification, reproduction."""

import os
import signal
import tarfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from leaderboard.demo import Stranger, Visitor
from tests.distributed.sites import running, wait_for
from tests.material import DOCUMENTS, make_model, make_suite
from tests.servers import Site
from tests.stock import assert_reproduced, run_stock

pytestmark = [pytest.mark.engine, pytest.mark.distributed]


@pytest.fixture
def visitor(site: Site, tmp_path: Path) -> Iterator[Visitor]:
    site.environment.update(
        ASSAY_LEASE_SECONDS="4", ASSAY_HEARTBEAT_SECONDS="1", ASSAY_SWEEP_SECONDS="1"
    )
    site.manage("load_suite", str(make_suite(tmp_path / "suite")))
    site.manage("publish_suite", "made-up")
    site.manage("create_board", "made-up", "made-up")
    site.manage("register_model", "random", str(make_model(tmp_path / "model")))
    with running(site, workers=2) as visitor:
        yield visitor


def test_submission_becomes_a_result_that_stock_lm_eval_reproduces(
    visitor: Visitor, site: Site, tmp_path: Path
) -> None:
    submission = visitor.submit(model="local:random", board="made-up")
    wait_for(visitor, submission, "planning")
    kill_worker_at_work(site)
    ended = wait_for(visitor, submission, "published")
    result = ended["result"]

    [row] = visitor.get("boards/made-up/standings")["standings"]
    assert (row["rank"], row["model"], row["result"]) == (1, "local:random", result)
    assert [cell["n"] for cell in row["benchmarks"].values()] == [DOCUMENTS, DOCUMENTS]
    page = httpx.get(f"{visitor.site}/boards/made-up/")
    assert (page.status_code, "random" in page.text) == (200, True)

    verdict = Stranger(tmp_path).verify(f"{visitor.site}/results/{result}/")
    outcomes = {check["number"]: check["outcome"] for check in verdict.checks}
    passed = {number for number, outcome in outcomes.items() if outcome == "PASS"}
    # Nobody gave it the model's files.
    assert passed == set(range(1, 13)) - {8}
    assert (outcomes[8], verdict.exit_code) == ("NOT-APPLICABLE", 0)

    elsewhere = tmp_path / "elsewhere"
    for name in ("bundle.tar", "model.tar"):
        download(f"{visitor.site}/api/v1/results/{result}/{name}", tmp_path / name)
        with tarfile.open(tmp_path / name) as archive:
            archive.extractall(elsewhere, filter="data")
    config = httpx.get(f"{visitor.site}/api/v1/results/{result}/config.yaml").text
    assert config == (elsewhere / "run" / "config.yaml").read_text()
    run_stock(elsewhere)
    assert_reproduced(elsewhere)


def kill_worker_at_work(site: Site) -> None:
    """Kill the worker that has a model; the part of its name before the last is its process id."""
    [model] = (site.var / "work").glob("*/*/uses")
    os.kill(int(model.parent.parent.name.split("-")[-2]), signal.SIGKILL)


def download(url: str, path: Path) -> None:
    with httpx.stream("GET", url) as answer, path.open("wb") as file:
        answer.raise_for_status()
        for chunk in answer.iter_bytes():
            file.write(chunk)
