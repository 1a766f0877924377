"""Models of the hub before the queue: each that can't be evaluated has its code and its hint."""

import hashlib
import json
import logging
import time
from collections.abc import Callable

import pytest
from pytest_django import Settings

from evaluations.errors import AssayError
from evaluations.failures import failure
from evaluations.hub import client, models
from evaluations.hub.models import check
from tests.hub import Hub
from tests.hub.material import NAME, model, sharded, weights, without

Files = dict[str, bytes]


def refused(name: str = NAME, revision: str = "") -> AssayError:
    with pytest.raises(AssayError) as error:
        check(name, revision)
    assert error.value.hint == failure(error.value.code).hint
    return error.value


def test_whole_model_is_read_from_its_metadata(hub: Hub) -> None:
    files = model()
    commit = hub.add_model(NAME, files | {"training_args.bin": b"x", "sub/other.json": b"{}"})
    found = check(NAME)
    assert (found.name, found.commit) == (NAME, commit)
    facts = found.facts
    assert (facts.licence, facts.architecture) == ("apache-2.0", "LlamaForCausalLM")
    assert (facts.parameters, facts.has_chat_template) == (12, False)
    assert facts.card.endswith("# Tiny\n")
    assert facts.paths == sorted(without(files, ".gitattributes"))
    assert facts.size == sum(len(data) for data in without(files, ".gitattributes").values())
    digests = {file.path: file.sha256 for file in facts.files if file.sha256}
    sha256 = hashlib.sha256(files["model.safetensors"]).hexdigest()
    assert digests == {"model.safetensors": sha256}
    # Headers only, and nothing that is not needed.
    assert {r.path.rpartition("/")[2] for r in hub.requests if r.method == "GET" and r.sent} == {
        NAME.partition("/")[2], "README.md", "config.json", "tokenizer_config.json",
        "model.safetensors",
    }  # fmt: skip


def test_branch_tag_and_commit_are_resolved_to_a_commit(hub: Hub) -> None:
    old = hub.add_model(NAME, model())
    new = hub.add_model(NAME, model(changed=True))
    hub.tag(NAME, "v1", old)
    hub.move(NAME, "refs/pr/1", old)
    asked = ["", "main", "v1", "refs/pr/1", old, old[:10]]
    assert [check(NAME, revision).commit for revision in asked] == [new, new, old, old, old, old]


def test_shards_are_counted_and_extra_weights_left_out(hub: Hub) -> None:
    hub.add_model(NAME, sharded((3, 4), (5,), (2, 2)) | {"consolidated.safetensors": weights()})
    facts = check(NAME).facts
    assert facts.parameters == 12 + 5 + 4
    assert "model.safetensors.index.json" in facts.paths
    assert "consolidated.safetensors" not in facts.paths


def test_header_longer_than_one_read_is_read_whole(hub: Hub) -> None:
    tensors = {
        f"layer.{n:05}.weight": {"dtype": "F32", "shape": [1], "data_offsets": [4 * n, 4 * n + 4]}
        for n in range(2000)
    }
    header = json.dumps(tensors).encode()
    assert len(header) > 100_000
    data = len(header).to_bytes(8, "little") + header + bytes(8000)
    hub.add_model(NAME, model() | {"model.safetensors": data})
    assert check(NAME).facts.parameters == 2000


def pickle_only(files: Files) -> Files:
    return without(files, "model.safetensors", **{"pytorch_model.bin": b"\x80"})


def adapter(files: Files) -> Files:
    return without(files, "model.safetensors", "config.json") | {
        "adapter_config.json": b"{}", "adapter_model.safetensors": weights(),
    }  # fmt: skip


def gguf(files: Files) -> Files:
    return without(files, "model.safetensors", **{"model.Q4_K_M.gguf": b"GGUF"})


def quantised(files: Files) -> Files:
    return files | model(quantization_config={"bits": 4})


def remote_code(files: Files) -> Files:
    return files | {"modeling_tiny.py": b"import os"}


def auto_map(files: Files) -> Files:
    return files | model(auto_map={"AutoModel": "tiny.Tiny"})


def tokenizer_auto_map(files: Files) -> Files:
    return files | {"tokenizer_config.json": b'{"auto_map": {"AutoTokenizer": ["a.B", null]}}'}


def no_tokenizer(files: Files) -> Files:
    return without(files, "tokenizer.json")


def broken_config(files: Files) -> Files:
    return files | {"config.json": b"{"}


def empty_config(files: Files) -> Files:
    return files | {"config.json": b""}


def deep_config(files: Files) -> Files:
    return files | {"config.json": b"[" * 200_000}


def huge_config(files: Files) -> Files:
    return files | {"config.json": b"{" + b" " * 16_000_000 + b"}"}


def strange_architecture(files: Files) -> Files:
    return files | model(architectures=["Llama\0ForCausalLM\ud800"])


def shard_missing(files: Files) -> Files:
    return without(sharded((3, 4), (5,)), "model-00002-of-00002.safetensors")


def shard_elsewhere(files: Files) -> Files:
    index = json.dumps({"weight_map": {"w": "../../other.safetensors"}}).encode()
    return without(files, "model.safetensors") | {"model.safetensors.index.json": index}


def index_without_map(files: Files) -> Files:
    return without(files, "model.safetensors") | {"model.safetensors.index.json": b"{}"}


def cut_off(files: Files) -> Files:
    return files | {"model.safetensors": weights()[:-1]}


def lying_shape(files: Files) -> Files:
    tensor = {"dtype": "F32", "shape": [1 << 62], "data_offsets": [0, 4]}
    header = json.dumps({"w": tensor}).encode()
    return files | {
        "model.safetensors": len(header).to_bytes(8, "little") + header + bytes(4),
    }


def nested_weights_only(files: Files) -> Files:
    return without(files, "model.safetensors") | {"fp16/model.safetensors": weights()}


def too_many_shards(files: Files) -> Files:
    names = [f"s{n}.safetensors" for n in range(201)]
    index = json.dumps({"weight_map": {name: name for name in names}}).encode()
    shards = dict.fromkeys(names, b"")
    return without(files, "model.safetensors") | shards | {"model.safetensors.index.json": index}


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (pickle_only, "unsafe_weights"),
        (adapter, "adapter_only"),
        (gguf, "gguf_only"),
        (quantised, "weights_quantised"),
        (remote_code, "remote_code_required"),
        (auto_map, "remote_code_required"),
        (tokenizer_auto_map, "remote_code_required"),
        (no_tokenizer, "tokenizer_error"),
        (broken_config, "unsupported_architecture"),
        (empty_config, "unsupported_architecture"),
        (deep_config, "unsupported_architecture"),
        (huge_config, "unsupported_architecture"),
        (strange_architecture, "unsupported_architecture"),
        (shard_missing, "weights_incomplete"),
        (shard_elsewhere, "weights_incomplete"),
        (index_without_map, "weights_incomplete"),
        (cut_off, "weights_incomplete"),
        (lying_shape, "unsafe_weights"),
        (nested_weights_only, "unsafe_weights"),
        (too_many_shards, "model_too_large"),
    ],
)
def test_unfit_model_is_refused_with_its_reason(
    hub: Hub, spoil: Callable[[Files], Files], code: str
) -> None:
    hub.add_model(NAME, spoil(model()))
    error = refused()
    assert error.code == code
    # What a stranger wrote is shown, and stored.
    assert "\0" not in error.detail
    assert error.detail.encode()


@pytest.mark.parametrize("name", ["org/nothing", "a/b/c", "org/", "-x/y", "org/na me", "x" * 200])
def test_missing_model_is_refused(hub: Hub, name: str) -> None:
    assert refused(name).code == "model_not_found"


def test_renamed_model_is_refused_with_its_new_name(hub: Hub) -> None:
    hub.add_model(NAME, model())
    hub.rename(NAME, "other/new")
    error = refused()
    assert error.code == "model_renamed"
    assert "other/new" in error.detail
    assert check("other/new").name == "other/new"


def test_no_organisation_is_called_local(hub: Hub) -> None:
    hub.add_model("local/mti", model())
    assert refused("local/mti").code == "model_not_found"
    assert hub.requests == []


@pytest.mark.parametrize("revision", ["nothing", "a b", "a\0b", "ö", "f" * 251])
def test_missing_revision_is_refused(hub: Hub, revision: str) -> None:
    hub.add_model(NAME, model())
    assert refused(NAME, revision).code == "revision_missing"


def test_gated_and_private_models_need_the_operators_token(
    hub: Hub, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    commit = hub.add_model(NAME, model())
    hub.gate(NAME, token="hf_secret_of_ours")
    hub.add_model("org/private", model())
    hub.hide("org/private", token="hf_secret_of_ours")
    errors = [refused(), refused("org/private")]
    settings.ASSAY_HUB_TOKEN = "hf_another"
    errors += [refused(), refused("org/private")]
    assert [e.code for e in errors] == ["model_gated", "model_not_found"] * 2
    settings.ASSAY_HUB_TOKEN = "hf_secret_of_ours"
    assert check(NAME).commit == commit
    assert check("org/private").facts.parameters == 12
    # It went to the hub, and nowhere else.
    assert {r.token for r in hub.requests if r.on_storage} == {""}
    texts = caplog.text + "".join(f"{e} {e.detail} {e.hint} {e.__cause__}" for e in errors)
    assert "hf_secret" not in texts
    assert "hf_another" not in texts


def test_token_that_was_revoked_is_no_fault_of_the_model(hub: Hub, settings: Settings) -> None:
    hub.add_model(NAME, model())
    settings.ASSAY_HUB_TOKEN = "hf_secret_of_ours"
    hub.revoked.add("hf_secret_of_ours")
    error = refused()
    assert (error.code, error.detail) == ("hub_unavailable", "The hub refuses this site's token.")


def test_model_larger_than_the_limit_is_refused_unread(hub: Hub, settings: Settings) -> None:
    hub.add_model(NAME, model())
    hub.promise(NAME, "model.safetensors", 41 * 10**9)
    error = refused()
    assert error.code == "model_too_large"
    assert "41.0 GB" in error.detail
    assert hub.sent("model.safetensors") == 0


def test_listing_that_promises_another_size_is_refused(hub: Hub) -> None:
    hub.add_model(NAME, model())
    hub.promise(NAME, "model.safetensors", 10**6)
    assert refused().code == "weights_incomplete"


def test_huge_card_is_cut_and_made_storable(hub: Hub) -> None:
    front = b"---\nlicense: mit\n---\n"
    hub.add_model(NAME, model() | {"README.md": front + b"\0\xff\xed\xa0\x80" + b"x" * 5_000_000})
    facts = check(NAME).facts
    assert facts.licence == "mit"
    assert len(facts.card) <= 200_000
    assert "\0" not in facts.card
    assert facts.card.encode()
    assert hub.sent("README.md") <= 200_000


def test_server_that_knows_no_ranges_is_left_in_time(hub: Hub) -> None:
    hub.add_model(NAME, model() | {"README.md": b"x" * 30_000_000})
    hub.fault("README.md", whole=True)
    assert len(check(NAME).facts.card) == 200_000
    # The socket takes in more than is read, but not all.
    assert hub.sent("README.md") < 30_000_000


@pytest.mark.parametrize("status", [500, 503, 429, 400, 404])
def test_hub_that_answers_with_an_error_is_unavailable(hub: Hub, status: int) -> None:
    hub.add_model(NAME, model())
    hub.down = status
    error = refused()
    assert error.code == "hub_unavailable"
    assert str(status) in error.detail


def test_hub_that_answers_with_something_else_is_unavailable(hub: Hub) -> None:
    hub.portal = True
    assert refused().code == "hub_unavailable"


def test_hub_that_is_not_there_is_unavailable(settings: Settings) -> None:
    settings.HUB_ENDPOINT = "http://127.0.0.1:9"
    assert refused().code == "hub_unavailable"


def test_slow_hub_ends_the_check_in_time(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add_model(NAME, model())
    monkeypatch.setattr(client, "_STEP_SECONDS", 0.2)
    hub.delay = 0.5
    assert refused().code == "hub_unavailable"
    # A hub that never lets a single step wait too long.
    hub.delay = 0.0
    hub.add_model(NAME, model() | {"tokenizer_config.json": b"{" + b" " * 3_000_000 + b"}"})
    hub.fault("tokenizer_config.json", times=9, pause=0.1)
    monkeypatch.setattr(models, "Deadline", lambda: client.Deadline(0.3))
    began = time.monotonic()
    assert refused().code == "hub_unavailable"
    assert time.monotonic() - began < 2


def test_search_names_models(hub: Hub) -> None:
    for name in ("org/mti", "org/mtoto", "other/tree"):
        hub.add_model(name, model())
    assert client.search("mt", 5) == ["org/mti", "org/mtoto"]
    hub.down = 503
    with pytest.raises(AssayError) as error:
        client.search("mt", 5)
    assert error.value.code == "hub_unavailable"
