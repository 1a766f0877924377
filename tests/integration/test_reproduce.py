"""`assay reproduce` over real bundles: evaluated here, run again by the command, and compared."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from evaluations.machine import packages
from evaluations.models import Replication
from evaluations.provenance.bundle import describe, write_manifest
from evaluations.provenance.canonical import jcs, sha256_hex
from evaluations.provenance.checks.outcome import CheckFailedError
from evaluations.provenance.replication.archive import open_replication
from evaluations.provenance.replication.audit import Audit
from evaluations.provenance.unpack import open_bundle
from leaderboard.cli.app import app
from leaderboard.cli.second_opinion import second_opinion
from tests import factories
from tests.integration.test_reproduction import BENCHMARKS, _do
from tests.material import DOCUMENTS, GEN, MC, make_model, make_tasks
from workers.bundle import (
    BenchmarkSpec,
    read_scores,
    seal,
    write_bundle,
    write_config,
    write_run,
    write_scores,
)
from workers.runner.process import Runner
from workers.runner.protocol import Call

pytestmark = pytest.mark.engine
Reproduce = Callable[..., Any]


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Evaluate a model as a worker does; returns a folder with `bundle.tar` and `model/`."""
    root = tmp_path_factory.mktemp("evaluated")
    slot = root / "slot"
    (slot / "out").mkdir(parents=True)
    make_tasks(slot / "task")
    make_model(slot / "model")
    args = {"pretrained": "model", "dtype": "float32"}
    write_config(slot, tasks=[MC, GEN], model_args=args, chat_template=False)
    runner = Runner(slot, root / "log.txt")
    try:
        environment = _do(runner, Call("load"))
        tasks = _do(runner, Call("plan", {"folders": []}))
        shutil.move(slot / "out" / "pack", slot / "pack")
        files = {}
        for task in tasks:
            asked = {"task": task, "first": 0, "count": DOCUMENTS, "repeats": 1, "file": task}
            _do(runner, Call("answer", asked))
            files[task] = [f"out/answers/{task}"]
        _do(runner, Call("score", {"recorded": files, "folders": []}))
    finally:
        runner.close()
    shutil.move(slot / "out" / "results", slot / "results")
    write_scores(slot, read_scores(slot, BENCHMARKS))
    _write_run(slot, tasks, environment)
    (root / "sealed").mkdir()
    seal(slot, root / "sealed")
    write_bundle(root / "sealed", {}, root / "bundle.tar")
    shutil.move(slot / "model", root / "model")
    return root


def _write_run(slot: Path, tasks: dict[str, Any], environment: dict[str, Any]) -> None:
    paths = sorted((slot / "model").iterdir())
    listed = [describe(path, path.name) for path in paths]
    files = [{"path": e.path, "size": e.size, "sha256": e.sha256} for e in listed]
    revision = sha256_hex(jcs(files))
    versions = {name: packages()[name] for name in ("lm_eval", "transformers", "torch")}
    write_run(
        slot,
        plan={
            "v": 1,
            "suite": {
                "name": "made-up", "version": 1, "sha256": "0" * 64, "aggregation": "mean",
                "benchmarks": [_as_json(benchmark) for benchmark in BENCHMARKS],
            },
            "model": {"name": "local:made-up", "revision": revision},
            "engine": {
                "name": "hf", **versions, "dtype": "float32", "batch_size": 1, "device": "cpu",
            },
            "chat_template": {"applied": False, "sha256": None},
            "seeds": [0, 1234, 1234, 1234],
            "pack_sha256": "0" * 64,
            "tasks": tasks,
        },
        weights={"v": 1, "model": "local:made-up", "revision": revision, "files": files},
        environment=environment,
    )  # fmt: skip


def _as_json(benchmark: BenchmarkSpec) -> dict[str, Any]:
    return {name: getattr(benchmark, name) for name in benchmark.__slots__}


@pytest.fixture
def reproduce(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evaluated: Path) -> Reproduce:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "configuration"))
    monkeypatch.delenv("ASSAY_SITE", raising=False)
    monkeypatch.delenv("ASSAY_TOKEN", raising=False)

    def run(*words: object, bundle: Path | None = None, code: int = 0) -> Any:
        source = bundle or evaluated / "bundle.tar"
        said = CliRunner().invoke(app, ["reproduce", str(source), "--json", *map(str, words)])
        assert said.exit_code == code, said.output
        return json.loads(said.stdout)

    return run


def test_run_on_the_same_machine_is_r0(
    reproduce: Reproduce, evaluated: Path, tmp_path: Path
) -> None:
    out = tmp_path / "replication.tar"
    told = reproduce("--model", evaluated / "model", "--out", out)
    assert (told["verdict"], told["file"], told["url"]) == ("R0", str(out), None)
    assert [(b["n"], b["exact"]) for b in told["comparison"]["benchmarks"]] == [(23, 23)] * 2
    found = open_replication(out)
    assert found.check(open_bundle(evaluated / "bundle.tar")) == told["comparison"]
    assert found.claims.keyid == told["keyid"]
    key = tmp_path / "configuration" / "assay" / "replication-key.pem"
    assert key.stat().st_mode & 0o777 == 0o600
    # The compressed bytes are the first run's own.
    original = open_bundle(evaluated / "bundle.tar")
    for path in (f"results/samples/{MC}.jsonl.zst", f"results/samples/{GEN}.jsonl.zst"):
        assert found.bundle.read(path) == original.read(path)
    pins = {pin["name"]: pin for pin in json.loads(found.bundle.read("run/pins.json"))["pins"]}
    assert {pins[n]["state"] for n in ("lm_eval", "torch", "threads", "model.safetensors")} == {
        "same"
    }


def test_audit_asks_the_chosen_documents_with_unchanged_prompts(
    reproduce: Reproduce, evaluated: Path, tmp_path: Path
) -> None:
    out = tmp_path / "audit.tar"
    told = reproduce(
        "--model", evaluated / "model", "--out", out, "--limit-docs", 4, "--audit-seed", "dice"
    )
    assert (told["verdict"], told["comparison"]["audit"]) == (
        "R0", {"documents": 4, "seed": "dice"},
    )  # fmt: skip
    found = open_replication(out)
    found.check(open_bundle(evaluated / "bundle.tar"))
    plan = json.loads(open_bundle(evaluated / "bundle.tar").read("run/plan.json"))
    root = plan["tasks"][MC]["documents_root"]
    rows = [json.loads(row) for row in found.bundle.lines(f"results/samples/{MC}.jsonl.zst")]
    assert [row["doc_id"] for row in rows] == Audit(4, "dice").chosen(MC, DOCUMENTS, root)


def test_other_weights_are_refused_before_they_are_used(
    reproduce: Reproduce, evaluated: Path, tmp_path: Path
) -> None:
    """Verification compares them first."""
    other = make_model(tmp_path / "other", seed=1)
    told = reproduce("--model", other, "--out", tmp_path / "x.tar", code=1)
    assert told["error"]["code"] == "not_verified"
    assert "model weights" in told["error"]["detail"]
    assert not (tmp_path / "x.tar").exists()


def _changed(evaluated: Path, target: Path, change: Callable[[Path], object]) -> Path:
    """Unpack the bundle, change something, and hash everything again."""
    shutil.unpack_archive(evaluated / "bundle.tar", target, filter="data")
    change(target)
    write_manifest(target)
    return target


def test_task_that_asks_otherwise_is_not_run(
    reproduce: Reproduce, evaluated: Path, tmp_path: Path
) -> None:
    def change(root: Path) -> None:
        path = root / "task" / MC / f"{MC}.yaml"
        path.write_text(path.read_text().replace("What comes after", "What follows"))

    bundle = _changed(evaluated, tmp_path / "changed", change)
    told = reproduce(
        "--model", evaluated / "model", "--out", tmp_path / "x.tar", bundle=bundle, code=3
    )
    assert told["error"]["code"] == "other_questions"
    assert "requests root" in told["error"]["detail"]


def test_config_that_loads_a_model_otherwise_is_not_run(
    reproduce: Reproduce, evaluated: Path, tmp_path: Path
) -> None:
    def change(root: Path) -> None:
        path = root / "run" / "config.yaml"
        path.write_text(
            path.read_text().replace("dtype: float32", "dtype: float32\n  trust_remote_code: true")
        )

    bundle = _changed(evaluated, tmp_path / "changed", change)
    told = reproduce(
        "--model", evaluated / "model", "--out", tmp_path / "x.tar", bundle=bundle, code=1
    )
    assert told["error"]["code"] == "config_unexpected"


def _verified(bundle: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[int, Any]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "configuration"))
    monkeypatch.setenv("ASSAY_SANDBOX", "auto")
    said = CliRunner().invoke(app, ["verify", str(bundle), "--rescore=lm-eval", "--json"])
    return said.exit_code, json.loads(said.stdout)["checks"][10]


def test_lm_eval_itself_comes_to_the_same_scores_from_the_recorded_answers(
    evaluated: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code, check = _verified(evaluated / "bundle.tar", monkeypatch, tmp_path)
    assert (code, check["outcome"]) == (3, "PASS"), check  # 3: nothing of it is signed
    assert check["why"].endswith(f"; lm-eval {packages()['lm_eval']} itself comes to the same")


def _change_results(root: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = root / "results" / "results.json"
    results = json.loads(path.read_bytes())
    change(results)
    path.write_bytes(jcs(results))


def test_what_lm_eval_itself_does_not_come_to_fails(
    evaluated: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing but lm-eval can tell which version a task is of, so only it finds this one."""

    def change(root: Path) -> None:
        _change_results(root, lambda results: results["versions"].update({MC: 9.0}))

    bundle = _changed(evaluated, tmp_path / "changed", change)
    code, check = _verified(bundle, monkeypatch, tmp_path)
    assert (code, check["outcome"]) == (1, "FAIL"), check
    assert f"versions / {MC} is said to be 9; it is 1" in check["why"]


def test_second_opinion_finds_a_wrong_score(
    evaluated: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def change(root: Path) -> None:
        _change_results(root, lambda made: made["results"][MC].update({"acc,none": 0.99}))

    bundle = _changed(evaluated, tmp_path / "changed", change)
    monkeypatch.setenv("ASSAY_SANDBOX", "auto")
    with pytest.raises(CheckFailedError, match=r"acc,none is said to be 0\.99"):
        second_opinion(open_bundle(bundle))
    assert _verified(bundle, monkeypatch, tmp_path)[0] == 1


@pytest.mark.django_db(transaction=True)
def test_result_of_a_site_is_run_again_with_its_model_and_sent_back(
    live_server: Any, reproduce: Reproduce, evaluated: Path, tmp_path: Path
) -> None:
    contents = {path.name: path.read_bytes() for path in (evaluated / "model").iterdir()}
    bundle = (evaluated / "bundle.tar").read_bytes()
    revision = factories.make_revision(contents=contents)
    result = factories.make_result(revision=revision, bundle=bundle)
    secret = factories.make_token(factories.make_user("ana"))[1]
    site = str(live_server.url)
    signed_in = CliRunner().invoke(app, ["login", "--site", site, "--token_stdin"], input=secret)
    assert signed_in.exit_code == 0, signed_in.output
    words = ("--site", site, "--submit", "--out", tmp_path / "x.tar", "--limit-docs", 5)
    told = reproduce(*words, bundle=Path(result.public_id))
    made = Replication.objects.get()
    assert (made.result, made.verdict, made.documents) == (result, "R0", 5)
    assert told["url"].endswith(f"/results/{result.public_id}/replications/{made.public_id}")
    assert made.comparison == told["comparison"]
    assert secret not in (tmp_path / "x.tar").read_bytes().decode("latin-1")
