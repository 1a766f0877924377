"""A suite over datasets of a hub: published, run offline, and reproduced by stock lm-eval."""

import io
import json
import tarfile
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from typer.testing import CliRunner

from evaluations import store
from evaluations.enums import SubmissionState
from evaluations.models import Submission, Suite
from evaluations.provenance.checks.outcome import Outcome
from evaluations.provenance.merkle import tree_root_hex
from evaluations.provenance.verify import verify_bundle
from evaluations.services.models import register_local
from evaluations.services.submissions import submit
from evaluations.services.suites import load_suite, open_board
from leaderboard.cli.app import app
from tests.eval_records import faults
from tests.history import rewriting
from tests.hub import Hub
from tests.hub_datasets import COUNT, arc, gsm8k
from tests.material import make_model
from tests.stock import assert_reproduced, run_stock
from workers.worker import Worker

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]
ARC, GSM8K = "allenai/ai2_arc", "openai/gsm8k"


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    common = {"languages": ["en"], "licence": "mit"}
    spec = {
        "name": "real", "version": 1, "title": "Real names", "languages": ["en"],
        "benchmarks": [
            {"name": "arc", "title": "ARC", "task": "arc_challenge", "num_fewshot": 2,
             "metric": "acc_norm", "baseline": 0.25, **common},
            {"name": "gsm8k", "title": "GSM8K", "task": "gsm8k", "num_fewshot": 1,
             "metric": "exact_match", "filter": "strict-match", **common, "licence": "unknown"},
        ],
    }  # fmt: skip
    (tmp_path / "suite.yaml").write_text(json.dumps(spec))
    return load_suite(path=tmp_path / "suite.yaml")[0]


def queued(suite: Suite, tmp_path: Path) -> Submission:
    open_board(slug="real", suite=suite)
    register_local(name="random", folder=make_model(tmp_path / "model"))
    user = User.objects.create_user("ana")
    return submit(by=user, model="local:random", board="real")[0]


def worked(submission: Submission) -> Submission:
    assert Worker().work(seconds=300) is False
    submission.refresh_from_db()
    return submission


def withheld_root(bundle: Path) -> str:
    assert not (bundle / "results" / "samples" / "gsm8k.jsonl.zst").exists()
    samples = json.loads((bundle / "results" / "scores.json").read_bytes())["samples"]
    return str({line["task"]: line["root"] for line in samples}["gsm8k"])


def stock_root(bundle: Path) -> str:
    [path] = bundle.glob("reproduced/**/samples_gsm8k_*.jsonl")
    return tree_root_hex(path.read_bytes().splitlines())


def test_suite_is_pinned_run_offline_and_reproduced_online(
    hub: Hub, suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = {ARC: hub.add_dataset(ARC, arc()), GSM8K: hub.add_dataset(GSM8K, gsm8k())}
    call_command("publish_suite", "real")
    suite.refresh_from_db()
    assert suite.pins["datasets"] == [
        {"path": d, "revision": c} for d, c in sorted(commits.items())
    ]
    assert {task: p["count"] for task, p in suite.pins["documents"].items()} == {
        "arc_challenge": COUNT,
        "gsm8k": COUNT,
    }
    # What happens to the branch later changes nothing.
    hub.add_dataset(ARC, arc() | {"README.md": b"changed"})
    submission = worked(queued(suite, tmp_path))
    assert (submission.state, submission.failure_detail) == (SubmissionState.PUBLISHED, "")

    elsewhere = tmp_path / "elsewhere"
    data = store.get_bytes(submission.result.bundle_sha256)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        archive.extractall(elsewhere, filter="data")
    results = (elsewhere / "results" / "results.json").read_text()
    assert "site-packages" not in results
    exported = json.loads((elsewhere / "exports" / "every_eval_ever.json").read_bytes())
    assert faults(exported) == []
    checks = {check.number: check for check in verify_bundle(elsewhere).checks}
    assert [checks[n].outcome for n in (1, 3)] == [Outcome.PASS, Outcome.PASS]
    for number in (9, 10, 11):
        assert checks[number].outcome is Outcome.SKIPPED
        assert checks[number].why.startswith("the samples of gsm8k are withheld; of the others,")
    (elsewhere / "model").symlink_to(tmp_path / "model")
    run_stock(elsewhere, HF_ENDPOINT=hub.endpoint, HF_HUB_OFFLINE="0")
    assert_reproduced(elsewhere)
    assert withheld_root(elsewhere) == stock_root(elsewhere)

    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "configuration"))
    (tmp_path / "bundle.tar").write_bytes(data)
    words = ["--model", str(tmp_path / "model"), "--out", str(tmp_path / "again.tar"), "--json"]
    said = CliRunner().invoke(app, ["reproduce", str(tmp_path / "bundle.tar"), *words])
    assert said.exit_code == 0, said.output
    told = json.loads(said.stdout)
    # Also the withheld benchmark's questions were rebuilt, or nothing would have been run.
    assert (told["verdict"], told["comparison"]["notCompared"]) == ("R0", ["gsm8k"])


def test_data_that_changed_under_a_pinned_revision_are_refused(
    hub: Hub, suite: Suite, tmp_path: Path
) -> None:
    hub.add_dataset(ARC, arc())
    hub.add_dataset(GSM8K, gsm8k())
    call_command("publish_suite", "real")
    suite.refresh_from_db()
    pinned = suite.pins["documents"]["gsm8k"]
    changed = suite.pins["documents"] | {"gsm8k": pinned | {"root": "00" * 32}}
    with rewriting():
        Suite.objects.filter(pk=suite.pk).update(pins=suite.pins | {"documents": changed})
    submission = worked(queued(suite, tmp_path))
    assert submission.failure_code == "task_invalid"
    assert "gsm8k has other documents" in submission.failure_detail


def test_dataset_that_the_hub_lacks_leaves_a_draft(hub: Hub, suite: Suite) -> None:
    hub.add_dataset(ARC, arc())
    with pytest.raises(CommandError, match=r"dataset_unavailable.*openai/gsm8k"):
        call_command("publish_suite", "real")
    suite.refresh_from_db()
    assert suite.is_draft
