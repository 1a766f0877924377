"""A bundle's copies of lm-eval's own definitions: they are what is run, and what can be checked."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from typer.testing import CliRunner

from evaluations import store
from evaluations.enums import SubmissionState
from evaluations.models import Submission, Suite
from evaluations.provenance.bundle import write_manifest
from evaluations.services.models import register_local
from evaluations.services.submissions import submit
from evaluations.services.suites import load_suite, open_board
from leaderboard.cli.app import app
from tests.factories import make_user
from tests.history import rewriting
from tests.hub import Hub
from tests.hub_datasets import COUNT, arc, hellaswag
from tests.material import make_model
from tests.sandboxes import needs_sandbox
from tests.stock import assert_reproduced, run_stock
from workers.catalogue import TASKS
from workers.worker import Worker

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]
COPIES = {
    "lm_eval/tasks/arc/arc_challenge.yaml",
    "lm_eval/tasks/arc/arc_easy.yaml",
    "lm_eval/tasks/hellaswag/hellaswag.yaml",
    "lm_eval/tasks/hellaswag/utils.py",
}
CHALLENGE = "task/lm_eval/tasks/arc/arc_challenge.yaml"
UTILS = "task/lm_eval/tasks/hellaswag/utils.py"


def specification(folder: Path, **changed: Any) -> Path:
    common = {"languages": ["en"], "licence": "mit", "metric": "acc", "baseline": 0.25}
    spec = {
        "name": "theirs", "version": 1, "title": "Tasks of lm-eval", "languages": ["en"],
        "benchmarks": [
            {"name": "arc", "title": "ARC", "task": "arc_challenge", "num_fewshot": 2, **common},
            {"name": "hellaswag", "title": "HellaSwag", "task": "hellaswag", **common},
        ],
    }  # fmt: skip
    (folder / "suite.yaml").write_text(json.dumps(spec | changed))
    return folder / "suite.yaml"


@pytest.fixture
def suite(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """Publish a suite of two tasks that are lm-eval's own."""
    hub.add_dataset("allenai/ai2_arc", arc())
    hub.add_dataset("Rowan/hellaswag", hellaswag())
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "configuration"))
    monkeypatch.setenv("ASSAY_SANDBOX", "auto")
    suite, _ = load_suite(path=specification(tmp_path))
    call_command("publish_suite", suite.name)
    suite.refresh_from_db()
    open_board(slug="theirs", suite=suite)
    return suite


def evaluated(name: str, tmp_path: Path) -> Path:
    """Evaluate a model, and return its unpacked bundle."""
    model = tmp_path / "model"
    if not model.exists():
        make_model(model)
    register_local(name=name, folder=model)
    submission, _ = submit(by=make_user(), model=f"local:{name}", board="theirs")
    worker = Worker()
    worker.work(seconds=300)
    worker.close()
    submission.refresh_from_db()
    assert (submission.state, submission.failure_detail) == (SubmissionState.PUBLISHED, "")
    bundle = Submission.objects.get(pk=submission.pk).result.bundle_sha256
    (tmp_path / f"{name}.tar").write_bytes(store.get_bytes(bundle))
    shutil.unpack_archive(tmp_path / f"{name}.tar", tmp_path / name, filter="data")
    return tmp_path / name


def rescored(bundle: Path) -> tuple[int, dict[str, Any]]:
    """Return the exit code and check 11 of `assay verify --rescore=lm-eval`."""
    said = CliRunner().invoke(app, ["verify", str(bundle), "--rescore=lm-eval", "--json"])
    return said.exit_code, json.loads(said.stdout)["checks"][10]


def changed(bundle: Path, target: Path, change: Callable[[Path], object]) -> Path:
    """Change a copy of a bundle that nobody signed."""
    target.mkdir()
    for name in ("run", "task", "results", "exports"):
        shutil.copytree(bundle / name, target / name)
    change(target)
    write_manifest(target)
    return target


@needs_sandbox
def test_bundle_holds_the_definitions_that_were_run(hub: Hub, suite: Suite, tmp_path: Path) -> None:
    bundle = evaluated("random", tmp_path)
    files = [path for path in (bundle / "task").rglob("*") if path.is_file()]
    own = {path.relative_to(bundle / "task").as_posix() for path in files}
    assert own == COPIES | {"assay_theirs_v1.yaml", "lm_eval/LICENSE.md", "lm_eval/VERSION"}
    for path in COPIES:
        assert (bundle / "task" / path).read_bytes() == (TASKS.parents[1] / path).read_bytes()
    pinned = (bundle / "task" / "assay_theirs_v1.yaml").read_text()
    assert all(pin["revision"] in pinned for pin in suite.pins["datasets"])
    results = json.loads((bundle / "results" / "results.json").read_bytes())
    sources = {t: c["metadata"]["config_source"] for t, c in results["configs"].items()}
    assert sources == {
        "arc_challenge": CHALLENGE,
        "hellaswag": "task/lm_eval/tasks/hellaswag/hellaswag.yaml",
    }

    code, check = rescored(tmp_path / "random.tar")
    assert (code, check["outcome"]) == (0, "PASS"), check
    assert check["why"].endswith("lm-eval 0.4.13 itself comes to the same")

    def spoil(root: Path) -> None:
        (root / UTILS).write_text((root / UTILS).read_text() + "raise SystemExit\n")

    code, check = rescored(changed(bundle, tmp_path / "spoilt", spoil))
    assert (code, check["outcome"]) == (1, "FAIL"), check
    assert check["why"] == "lm-eval 0.4.13 itself has another lm_eval/tasks/hellaswag/utils.py"

    def spoil_as_another(root: Path) -> None:
        spoil(root)
        (root / "task" / "lm_eval" / "VERSION").write_text("0.4.12\n")

    code, check = rescored(changed(bundle, tmp_path / "another", spoil_as_another))
    assert (code, check["outcome"]) == (3, "SKIPPED"), check
    assert "itself has another lm_eval/tasks/hellaswag/utils.py" in check["why"]

    def add(root: Path) -> None:
        (root / UTILS).with_name("os.py").write_text("raise SystemExit\n")

    code, check = rescored(changed(bundle, tmp_path / "more", add))
    assert (code, check["outcome"]) == (1, "FAIL"), check
    assert check["why"] == "lm-eval 0.4.13 itself has another lm_eval/tasks/hellaswag/os.py"

    (bundle / "model").symlink_to(tmp_path / "model")
    run_stock(bundle, HF_ENDPOINT=hub.endpoint, HF_HUB_OFFLINE="0")
    assert_reproduced(bundle)


@needs_sandbox
def test_suite_published_without_copies_asks_and_scores_the_same(
    suite: Suite, tmp_path: Path
) -> None:
    """As suites were published before: lm-eval's own folders are read."""
    copies = evaluated("random", tmp_path)
    kept = [file for file in suite.files if not file["path"].startswith("task/lm_eval/")]
    assert len(kept) == 1
    with rewriting():
        Suite.objects.filter(pk=suite.pk).update(
            files=kept, pins=suite.pins | {"folders": ["arc", "hellaswag"]}
        )
    former = evaluated("former", tmp_path)
    assert not (former / "task" / "lm_eval").exists()
    plans = [json.loads((b / "run" / "plan.json").read_bytes()) for b in (copies, former)]
    assert plans[0]["tasks"] == plans[1]["tasks"]
    assert {asked["documents"] for asked in plans[0]["tasks"].values()} == {COUNT}
    for task in plans[0]["tasks"]:
        path = f"results/samples/{task}.jsonl.zst"
        assert (copies / path).read_bytes() == (former / path).read_bytes()
    results = [json.loads((b / "results" / "results.json").read_bytes()) for b in (copies, former)]
    for config in results[0]["configs"].values():
        source = config["metadata"]["config_source"]
        config["metadata"]["config_source"] = source.removeprefix("task/")
    assert results[0] == results[1]
    assert rescored(tmp_path / "former.tar")[0] == 0


def test_task_of_the_suite_that_a_copy_would_hide_is_refused(hub: Hub, tmp_path: Path) -> None:
    """`arc_easy` is included by `arc_challenge`, so a copy of it lies in the suite's folder."""
    hub.add_dataset("allenai/ai2_arc", arc())
    own = tmp_path / "tasks" / "mine" / "arc_easy.yaml"
    own.parent.mkdir(parents=True)
    shutil.copy(TASKS / "arc" / "arc_easy.yaml", own)
    own.write_text(own.read_text().replace("ARC-Easy", "ARC-Challenge"))
    common = {"languages": ["en"], "licence": "mit", "metric": "acc", "baseline": 0.25}
    benchmarks = [
        {"name": name, "title": name, "task": name.replace("-", "_"), **common}
        for name in ("arc-easy", "arc-challenge")
    ]
    suite, _ = load_suite(path=specification(tmp_path, benchmarks=benchmarks))
    with pytest.raises(Exception, match="arc_easy is both a task of the suite's own and one that"):
        call_command("publish_suite", suite.name)
    suite.refresh_from_db()
    assert suite.is_draft


def test_file_of_the_suite_that_publishing_would_write_is_refused(hub: Hub, tmp_path: Path) -> None:
    hub.add_dataset("allenai/ai2_arc", arc())
    hub.add_dataset("Rowan/hellaswag", hellaswag())
    own = tmp_path / "tasks" / UTILS.removeprefix("task/")
    own.parent.mkdir(parents=True)
    own.write_text("")
    suite, _ = load_suite(path=specification(tmp_path))
    with pytest.raises(Exception, match=r"tasks/ has a file lm_eval/tasks/hellaswag/utils.py"):
        call_command("publish_suite", suite.name)
