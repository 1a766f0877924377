"""The whole path with real processes: form, queue, workers, board, verification, reproduction."""

import os
import signal
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from leaderboard.demo import Visitor, verify
from leaderboard.supervisor import Supervisor, site_programs
from tests.material import DOCUMENTS, make_model, make_suite
from tests.servers import Site, free_port
from tests.stock import assert_reproduced, run_stock

pytestmark = [pytest.mark.engine, pytest.mark.distributed]
_MINUTES = 60


@pytest.fixture
def visitor(site: Site, tmp_path: Path) -> Iterator[Visitor]:
    site.environment.update(
        ASSAY_LEASE_SECONDS="4", ASSAY_HEARTBEAT_SECONDS="1", ASSAY_SWEEP_SECONDS="1"
    )
    site.manage("load_suite", str(make_suite(tmp_path / "suite")))
    site.manage("publish_suite", "made-up")
    site.manage("create_board", "made-up", "made-up")
    site.manage("register_model", "random", str(make_model(tmp_path / "model")))
    site.manage("collectstatic", "--noinput", "-v0")
    make_user = "User.objects.create_user('ana', password='only-here')"
    site.manage("shell", "-c", f"from django.contrib.auth.models import User; {make_user}")
    port = free_port()
    programs = site_programs("127.0.0.1", port, workers=2)
    with Supervisor(programs, var=site.var, say=print, environment=site.environment) as supervisor:
        supervisor.wait_until_ready(f"http://127.0.0.1:{port}/healthz", 60)
        with Visitor(f"http://127.0.0.1:{port}") as visitor:
            visitor.sign_in(username="ana", password="only-here")
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

    verdict = verify(f"{visitor.site}/results/{result}/")
    outcomes = {check["number"]: check["outcome"] for check in verdict.checks}
    assert {number for number, outcome in outcomes.items() if outcome == "PASS"} == {
        1,
        3,
        9,
        10,
        11,
    }
    assert "FAIL" not in outcomes.values()
    assert verdict.exit_code == 3

    elsewhere = tmp_path / "elsewhere"
    for name in ("bundle.tar", "model.tar"):
        download(f"{visitor.site}/api/v1/results/{result}/{name}", tmp_path / name)
        with tarfile.open(tmp_path / name) as archive:
            archive.extractall(elsewhere, filter="data")
    config = httpx.get(f"{visitor.site}/api/v1/results/{result}/config.yaml").text
    assert config == (elsewhere / "run" / "config.yaml").read_text()
    run_stock(elsewhere)
    assert_reproduced(elsewhere)


def wait_for(visitor: Visitor, submission: str, state: str) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    deadline = time.monotonic() + 4 * _MINUTES
    while time.monotonic() < deadline:
        seen = visitor.get(f"submissions/{submission}")
        if seen["state"] in {state, "failed", "published"}:
            break
        time.sleep(0.1)
    assert seen["state"] == state, seen
    return seen


def kill_worker_at_work(site: Site) -> None:
    """Kill the worker that has a slot; the part of its name before the last is its process id."""
    [slot] = (path for path in (site.var / "work").glob("*/*") if path.is_dir())
    os.kill(int(slot.parent.name.split("-")[-2]), signal.SIGKILL)


def download(url: str, path: Path) -> None:
    with httpx.stream("GET", url) as answer, path.open("wb") as file:
        answer.raise_for_status()
        for chunk in answer.iter_bytes():
            file.write(chunk)
