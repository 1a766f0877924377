"""`assay reproduce`, as far as no model runs."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluations.provenance.canonical import jcs
from evaluations.provenance.signing import load_key
from leaderboard.cli import keys
from leaderboard.cli.pins import Pin
from leaderboard.cli.sources import find
from tests.bundles import WEIGHTS, Draft, draft, write_files
from tests.replications import rerun

Assay = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def made() -> Draft:
    one = draft()
    one.plan["engine"] = {
        "name": "hf", "lm_eval": "0.0.1", "dtype": "float32", "batch_size": 1, "device": "cpu",
    }  # fmt: skip
    one.plan["seeds"] = [0, 1, 2, 3]
    one.plan["chat_template"] = {"applied": False, "sha256": "ab" * 32}
    return one


@pytest.fixture
def bundle(made: Draft, tmp_path: Path) -> Path:
    return made.write(tmp_path / "bundle")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    write_files(tmp_path / "model", WEIGHTS)
    return tmp_path / "model"


def states(assay: Assay, *words: object) -> dict[str, str]:
    said = assay("reproduce", *map(str, words), "--dry-run", "--json")
    assert said.exit_code == 0, said.output
    return {pin["name"]: pin["state"] for pin in json.loads(said.stdout)["pins"]}


def test_dry_run_tells_what_differs(assay: Assay, bundle: Path) -> None:
    found = states(assay, bundle)
    assert {name: found[name] for name in ("lm_eval", "dtype", "seeds", "device")} == {
        "lm_eval": "differs", "dtype": "same", "seeds": "same", "device": "same",
    }  # fmt: skip
    assert {found[name] for name in ("model.safetensors", "threads", "pack sha256", "model")} == {
        "unknown"
    }
    assert next(iter(WEIGHTS)) in found


def test_dry_run_compares_local_weights(assay: Assay, bundle: Path, model: Path) -> None:
    found = states(assay, bundle, "--model", model)
    assert (found["model"], found["model.safetensors"]) == ("same", "same")


def test_dry_run_for_people_is_a_line_for_each_pin(assay: Assay, bundle: Path) -> None:
    said = assay("reproduce", str(bundle), "--dry-run")
    assert said.exit_code == 0
    assert "differs  lm_eval: 0.0.1; here " in said.stdout
    assert "same     seeds: 0, 1, 2, 3\n" in said.stdout
    assert "unknown  model.safetensors" in said.stdout


def test_names_of_a_stranger_steer_no_terminal() -> None:
    assert "\x1b" not in str(Pin("a\x1b[2J", "\x1b]0;x", ["\x1b"]))


def test_unsound_bundle_is_not_run(assay: Assay, bundle: Path) -> None:
    (bundle / "run" / "config.yaml").write_text("model: other\n")
    said = assay("reproduce", str(bundle), "--json")
    assert said.exit_code == 1
    assert json.loads(said.stdout)["error"]["code"] == "not_verified"


def test_what_to_install_is_said(
    assay: Assay, bundle: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("leaderboard.cli.rerun.find_spec", lambda _: None)
    said = assay("reproduce", str(bundle), "--out", str(tmp_path / "x.tar"))
    assert (said.exit_code, 'pip install "assay[worker]"' in said.stderr) == (3, True)


def test_local_model_without_its_files_is_asked_for(
    assay: Assay, bundle: Path, tmp_path: Path
) -> None:
    said = assay("reproduce", str(bundle), "--out", str(tmp_path / "x.tar"))
    assert (said.exit_code, "--model DIR" in said.stderr) == (2, True)


def test_file_that_is_there_is_not_written_over(assay: Assay, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_text("mine")
    said = assay("reproduce", str(bundle), "--out", str(tmp_path / "x.tar"))
    assert (said.exit_code, "--out" in said.stderr) == (2, True)
    assert (tmp_path / "x.tar").read_text() == "mine"


@pytest.mark.parametrize(
    "words",
    [["--submit"], ["--limit-docs", "0"], ["--limit-docs", "2", "--audit-seed", ""]],
    ids=["no result", "no documents", "no seed"],
)  # fmt: skip
def test_senseless_wish_is_refused(assay: Assay, bundle: Path, words: list[str]) -> None:
    assert assay("reproduce", str(bundle), *words).exit_code == 2


def test_token_is_asked_for_before_anything_runs(assay: Assay, bundle: Path) -> None:
    words = ["--submit", "--result", "abc", "--site", "https://board.example"]
    said = assay("reproduce", str(bundle), *words)
    assert (said.exit_code, "assay login" in said.stderr) == (2, True)


def test_verdict_is_told_and_a_divergence_ends_with_1(
    assay: Assay, made: Draft, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ran(_found: object, _bundle: object, _wishes: object, folder: Path) -> Path:
        return rerun(folder / "replication", made.rows)

    monkeypatch.setattr("leaderboard.cli.reproduce.rerun", ran)
    said = assay("reproduce", str(bundle), "--out", str(tmp_path / "x.tar"))
    assert said.exit_code == 0, said.output
    assert "R0: every answer is equal to the last digit." in said.stdout
    for row in made.rows["made_up_copy"]:
        row["resps"], row["exact_match"] = [["?"]], 1.0 - row["exact_match"]
    said = assay("reproduce", str(bundle), "--out", str(tmp_path / "y.tar"))
    assert said.exit_code == 1
    assert "diverged: no agreement could be shown." in said.stdout


class TestKey:
    def test_is_made_once_for_its_owner_only(self) -> None:
        first = keys.own_key(None)
        assert keys.path().stat().st_mode & 0o777 == 0o600
        assert keys.own_key(None).public_key == first.public_key

    def test_of_ones_own_is_used(self, tmp_path: Path) -> None:
        path = tmp_path / "mine.pem"
        made = keys.own_key(path)
        assert load_key(path).public_key == made.public_key
        assert not keys.path().exists()

    def test_that_others_can_read_is_refused(
        self, assay: Assay, bundle: Path, tmp_path: Path
    ) -> None:
        path = tmp_path / "mine.pem"
        keys.own_key(path)
        path.chmod(0o644)
        words = ["--key", str(path), "--out", str(tmp_path / "x.tar")]
        said = assay("reproduce", str(bundle), *words)
        assert (said.exit_code, "chmod 600" in said.stderr) == (2, True)


def test_source_on_this_machine_names_no_site(bundle: Path, tmp_path: Path) -> None:
    found = find(str(bundle), "https://board.example", tmp_path)
    assert (found.path, found.site, found.result) == (bundle, None, None)


@pytest.mark.parametrize(
    "address", ["{}/results/r1/", "{}/api/v1/results/r1/bundle.tar", "{}/api/v1/results/r1"]
)
def test_address_names_site_and_result(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leaderboard.cli.sources.download", lambda _url, target: target.touch())
    found = find(address.format("https://board.example/sub"), None, tmp_path)
    assert (found.site, found.result) == ("https://board.example/sub", "r1")


def test_command_line_stays_light() -> None:
    code = (
        "import sys, leaderboard.cli.app\n"
        "heavy = {'torch', 'lm_eval', 'django', 'transformers', 'workers'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_pins_of_a_bundle_without_an_environment_are_unknown(
    assay: Assay, made: Draft, tmp_path: Path
) -> None:
    made.extra["run/environment.json"] = jcs({})
    found = states(assay, made.write(tmp_path / "bare"))
    assert {found[name] for name in ("python", "processor", "cpu count")} == {"unknown"}
