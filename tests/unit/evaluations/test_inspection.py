"""What is read from a model's folder before anything of it is run."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from evaluations.errors import AssayError
from evaluations.inspection import inspect, inspect_files, refusals
from evaluations.model_files import Folder


def write_weights(path: Path, shape: tuple[int, ...] = (3, 4), *, extra: bytes = b"") -> None:
    size = 4
    for side in shape:
        size *= side
    tensor = {"dtype": "F32", "shape": list(shape), "data_offsets": [0, size]}
    header = json.dumps({"__metadata__": {"format": "pt"}, "w": tensor}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(size) + extra)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text(json.dumps({"architectures": ["LlamaForCausalLM"]}))
    (model / "tokenizer.json").write_text("{}")
    (model / "README.md").write_text("---\nlanguage: sw\nlicense: Apache-2.0\n---\n# Mti\n")
    write_weights(model / "model.safetensors")
    return model


def test_whole_model_is_read_from_its_metadata(folder: Path) -> None:
    (folder / "training_args.bin").write_bytes(b"never read")
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("ref")
    facts = inspect(folder)
    assert facts.paths == ["README.md", "config.json", "model.safetensors", "tokenizer.json"]
    assert (facts.licence, facts.architecture) == ("apache-2.0", "LlamaForCausalLM")
    assert (facts.parameters, facts.has_chat_template) == (12, False)


def test_weights_in_subfolders_are_no_part_of_the_model(folder: Path) -> None:
    (folder / "checkpoint-10").mkdir()
    write_weights(folder / "checkpoint-10" / "model.safetensors", (50, 50))
    write_weights(folder / "consolidated.safetensors", (50, 50))
    facts = inspect(folder)
    assert (facts.parameters, len(facts.paths)) == (12, 4)
    assert facts.size == sum((folder / path).stat().st_size for path in facts.paths)


def test_shards_are_counted_together(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    for name, shape in (("a.safetensors", (2,)), ("b.safetensors", (3, 3))):
        write_weights(folder / name, shape)
    index = {"weight_map": {"x": "a.safetensors", "y": "b.safetensors", "z": "b.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert inspect(folder).parameters == 2 + 9
    (folder / "b.safetensors").unlink()
    with pytest.raises(AssayError) as refused:
        inspect(folder)
    assert (refused.value.code, "b.safetensors" in refused.value.detail) == (
        "weights_incomplete", True,
    )  # fmt: skip


def test_card_without_a_licence_reports_none(folder: Path) -> None:
    (folder / "README.md").write_text("license: mit, says the text, which is no front matter")
    assert inspect(folder).licence == ""


@pytest.mark.parametrize("name", ["chat_template.jinja", "tokenizer_config.json"])
def test_chat_template_is_found_where_either_version_saves_it(folder: Path, name: str) -> None:
    (folder / name).write_text(json.dumps({"chat_template": "{{ messages }}"}))
    assert inspect(folder).has_chat_template


def pickle_only(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def adapter(folder: Path) -> None:
    (folder / "adapter_config.json").write_text("{}")


def gguf(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model.gguf")


def python_file(folder: Path) -> None:
    (folder / "modeling_mine.py").write_text("import os")


def auto_map(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"auto_map": {"AutoModel": "mine.Mine"}}))


def no_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def no_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def broken_config(folder: Path) -> None:
    (folder / "config.json").write_text("{")


def quantised(folder: Path) -> None:
    config = {"architectures": ["LlamaForCausalLM"], "quantization_config": {"bits": 4}}
    (folder / "config.json").write_text(json.dumps(config))


def truncated(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])


def longer(folder: Path) -> None:
    write_weights(folder / "model.safetensors", extra=b"x")


def lying_header(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes((1 << 60).to_bytes(8, "little") + b"{}")


def endless_shape(folder: Path) -> None:
    header = b'{"w": {"dtype": "F32", "shape": [1e999], "data_offsets": [0, 0]}}'
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)


def deep_config(folder: Path) -> None:
    (folder / "config.json").write_text("[" * 200_000)


def link_out(folder: Path) -> None:
    (folder / "vocab.txt").symlink_to("/etc/passwd")


def sparse(path: Path) -> None:
    with path.open("ab") as file:
        file.truncate(10 * 10**9)


def sparse_weights(folder: Path) -> None:
    sparse(folder / "model.safetensors")


def sparse_readme(folder: Path) -> None:
    sparse(folder / "README.md")


def sparse_vocabulary(folder: Path) -> None:
    sparse(folder / "vocab.txt")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (sparse_weights, "weights_incomplete"),
        (sparse_vocabulary, "model_too_large"),
        (pickle_only, "unsafe_weights"),
        (adapter, "adapter_only"),
        (gguf, "gguf_only"),
        (python_file, "remote_code_required"),
        (auto_map, "remote_code_required"),
        (no_tokenizer, "tokenizer_error"),
        (no_config, "unsupported_architecture"),
        (broken_config, "unsupported_architecture"),
        (quantised, "weights_quantised"),
        (truncated, "weights_incomplete"),
        (longer, "weights_incomplete"),
        (lying_header, "weights_incomplete"),
        (endless_shape, "unsafe_weights"),
        (deep_config, "unsupported_architecture"),
        (link_out, "unsafe_weights"),
    ],
)
def test_unfit_model_is_refused_with_its_reason(
    folder: Path, spoil: Callable[[Path], None], code: str
) -> None:
    spoil(folder)
    with pytest.raises(AssayError) as refused:
        inspect(folder)
    assert refused.value.code == code
    assert refused.value.detail
    assert refused.value.hint


def test_everything_that_is_wrong_is_told_together(folder: Path) -> None:
    assert refusals(Folder(folder)) == []
    for spoil in (python_file, pickle_only, sparse_readme, auto_map, no_tokenizer):
        spoil(folder)
    found = refusals(Folder(folder))
    assert [error.code for error in found] == [
        "remote_code_required", "unsafe_weights", "model_too_large", "remote_code_required",
        "tokenizer_error",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "code"), [(adapter, "adapter_only"), (gguf, "gguf_only"), (truncated, None)]
)
def test_what_is_no_whole_model_is_told_nothing_else(
    folder: Path, spoil: Callable[[Path], None], code: str | None
) -> None:
    spoil(folder)
    no_tokenizer(folder)
    found = [error.code for error in refusals(Folder(folder))]
    assert found == ([code] if code else ["weights_incomplete", "tokenizer_error"])


def test_link_out_of_the_folder_may_be_allowed(folder: Path, tmp_path: Path) -> None:
    (folder / "model.safetensors").rename(tmp_path / "blob")
    (folder / "model.safetensors").symlink_to(tmp_path / "blob")
    with pytest.raises(AssayError):
        Folder(folder)
    assert inspect_files(Folder(folder, links_out=True)).parameters == 12


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssayError) as refused:
        inspect(tmp_path / "nowhere")
    assert refused.value.code == "model_not_found"
