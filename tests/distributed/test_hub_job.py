"""A hub's model on a hub's datasets, through real processes to the board."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from leaderboard.demo import Stranger, Visitor
from tests.distributed.sites import running, wait_for
from tests.hub import Hub
from tests.hub.server import running as running_hub
from tests.hub_datasets import COUNT, arc, gsm8k
from tests.material import make_model
from tests.servers import Site

pytestmark = [pytest.mark.engine, pytest.mark.distributed]
TOKEN = "hf_secret_of_the_operator"
SUITE = {
    "name": "real", "version": 1, "title": "Real names", "languages": ["en"],
    "benchmarks": [
        {"name": "arc", "title": "ARC", "task": "arc_challenge", "num_fewshot": 2,
         "metric": "acc_norm", "baseline": 0.25, "licence": "cc-by-sa-4.0", "languages": ["en"]},
        {"name": "gsm8k", "title": "GSM8K", "task": "gsm8k", "num_fewshot": 1,
         "metric": "exact_match", "filter": "strict-match", "licence": "mit", "languages": ["en"]},
    ],
}  # fmt: skip


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with running_hub() as hub:
        hub.add_dataset("allenai/ai2_arc", arc())
        hub.add_dataset("openai/gsm8k", gsm8k())
        hub.add_model("org/random", make_model(tmp_path / "model"))
        hub.gate("org/random", token=TOKEN)
        yield hub


@pytest.fixture
def visitor(hub: Hub, site: Site, tmp_path: Path) -> Iterator[Visitor]:
    site.environment.update(HF_ENDPOINT=hub.endpoint, ASSAY_HUB_TOKEN=TOKEN)
    (tmp_path / "suite.yaml").write_text(json.dumps(SUITE))
    site.manage("load_suite", str(tmp_path / "suite.yaml"))
    site.manage("publish_suite", "real")
    site.manage("create_board", "real", "real")
    with running(site, workers=2) as visitor:
        yield visitor


def test_gated_hub_model_reaches_the_board_and_its_result_can_be_checked(
    hub: Hub, visitor: Visitor, site: Site, tmp_path: Path
) -> None:
    commit = hub.model("org/random").branches["main"]
    submission = visitor.submit(model="hf:org/random@main", board="real")
    result = wait_for(visitor, submission, "published")["result"]

    [row] = visitor.get("boards/real/standings")["standings"]
    assert (row["rank"], row["model"], row["result"]) == (1, "hf:org/random", result)
    assert [cell["n"] for cell in row["benchmarks"].values()] == [COUNT, COUNT]
    config = httpx.get(f"{visitor.site}/api/v1/results/{result}/config.yaml").text
    assert commit in config
    verdict = Stranger(tmp_path).verify(f"{visitor.site}/results/{result}/")
    assert "FAIL" not in {check["outcome"] for check in verdict.checks}
    assert [path for path in (site.var / "logs").rglob("*.log") if TOKEN in path.read_text()] == []
