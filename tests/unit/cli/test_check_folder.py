"""`assay check FOLDER`: the site's own rules, offline, and everything at once."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.evaluations.test_inspection import write_weights

Assay = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text(json.dumps({"architectures": ["LlamaForCausalLM"]}))
    (model / "tokenizer.json").write_text("{}")
    (model / "README.md").write_text("---\nlicense: apache-2.0\n---\n")
    write_weights(model / "model.safetensors")
    return model


def test_fit_folder_would_be_taken(assay: Assay, folder: Path) -> None:
    said = assay("check", str(folder))
    assert (said.exit_code, said.stderr) == (0, "")
    assert said.stdout.startswith(f"{folder} would be taken.\nlicence: apache-2.0\n")
    told = json.loads(assay("check", "--model", str(folder), "--json").stdout)
    assert (told["accepted"], told["refusals"], told["parameters"]) == (True, [], 12)


def test_folder_is_found_from_where_one_stands(
    assay: Assay, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert assay("check", ".").exit_code == 0
    monkeypatch.chdir(folder.parent)
    assert assay("check", "model").exit_code == 0
    assert assay("check", "hf:model").exit_code == 2  # a name at the hub, which needs a board


def test_every_refusal_is_told_with_what_to_change(assay: Assay, folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    (folder / "tokenizer.json").unlink()
    (folder / "config.json").write_text(json.dumps({"auto_map": {}}))
    (folder / "modeling.py").write_text("")
    said = assay("check", str(folder))
    assert (said.exit_code, said.stderr) == (1, "")
    assert "\nunsafe_weights: model has no safetensors weights (found pytorch_model.bin).\n" in (
        said.stdout
    )
    assert "Convert them with save_pretrained(safe_serialization=True)" in said.stdout
    told = json.loads(assay("check", str(folder), "--json").stdout)
    assert [one["code"] for one in told["refusals"]] == [
        "remote_code_required", "unsafe_weights", "remote_code_required", "tokenizer_error",
    ]  # fmt: skip
    assert all(one["hint"] for one in told["refusals"])


def test_adapter_is_told_nothing_but_that_it_is_one(assay: Assay, folder: Path) -> None:
    (folder / "adapter_config.json").write_text("{}")
    (folder / "model.safetensors").unlink()
    told = json.loads(assay("check", str(folder), "--json").stdout)
    assert [one["code"] for one in told["refusals"]] == ["adapter_only"]


def test_missing_chat_template_is_refused_where_it_is_asked_for(assay: Assay, folder: Path) -> None:
    words = ("check", str(folder), "--apply_chat_template", "--json")
    said = assay(*words)
    assert said.exit_code == 1
    assert [one["code"] for one in json.loads(said.stdout)["refusals"]] == ["chat_template_error"]
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    assert assay(*words).exit_code == 0


def test_links_into_the_hubs_cache_are_followed(assay: Assay, folder: Path) -> None:
    blob = folder.parent / "blob"
    (folder / "model.safetensors").rename(blob)
    (folder / "model.safetensors").symlink_to(blob)
    assert assay("check", str(folder)).exit_code == 0


def test_what_is_no_folder_is_wrong_usage(assay: Assay, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in ("./nowhere", str(tmp_path / "file"), "~nobody/model", f"./{'x' * 5000}", "./a\0b"):
        assert assay("check", path).exit_code == 2, path


def test_folder_takes_no_board_and_is_not_submitted(assay: Assay, folder: Path) -> None:
    assert assay("check", str(folder), "--board", "demo").exit_code == 2
    said = assay("submit", str(folder), "--board", "demo")
    assert (said.exit_code, "A folder can't be submitted" in said.stderr) == (2, True)


@pytest.mark.parametrize(
    "words", [[], ["a/b", "--model", "a/b"], ["a/b"], ["--board", "demo"], ["a/b", "--boards", "x"]]
)
def test_check_refuses_wrong_usage(assay: Assay, words: list[str]) -> None:
    assert assay("check", *words).exit_code == 2


def test_folder_that_cannot_be_read_is_told(
    assay: Assay, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("evaluations.model_files.Folder.read", refuse)
    said = assay("check", str(folder))
    assert (said.exit_code, "Permission denied" in said.stderr) == (2, True)
