"""The tests' own hub, held against what the hub's real client expects of a real hub.

The cases are those of the client's documentation (https://huggingface.co/docs/huggingface_hub):
its guide to downloads, its environment variables and the errors that it names.
"""

import hashlib
from pathlib import Path

import httpx2
import pytest
from datasets import DownloadConfig, load_dataset_builder
from huggingface_hub import (
    HfApi,
    constants,
    get_hf_file_metadata,
    hf_hub_download,
    hf_hub_url,
)
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from tests.hub import Hub

NAME = "org/name"
FILES = {
    "README.md": b"---\nlicense: mit\n---\nA model.\n",
    "config.json": b"{}",
    "sub/more.txt": b"more",
    "weights.safetensors": bytes(range(256)) * 400,
}


@pytest.fixture
def api(hub: Hub) -> HfApi:
    return HfApi(endpoint=hub.endpoint, token=False)


def test_model_is_described_with_sizes_and_digests(hub: Hub, api: HfApi) -> None:
    commit = hub.add_model(NAME, FILES)
    info = api.model_info(NAME, files_metadata=True)
    assert (info.id, info.sha, info.gated, info.private) == (NAME, commit, False, False)
    assert info.card_data is not None
    assert info.card_data.license == "mit"
    listed = {sibling.rfilename: sibling for sibling in info.siblings or []}
    assert {path: file.size for path, file in listed.items()} == {
        path: len(data) for path, data in FILES.items()
    }
    weights = listed["weights.safetensors"].lfs
    assert weights is not None
    assert weights.sha256 == hashlib.sha256(FILES["weights.safetensors"]).hexdigest()
    # Git's name for `{}`, as `git hash-object` prints it.
    assert listed["config.json"].blob_id == "9e26dfeeb6e641a33dae4961196235bdb965b21b"
    assert listed["config.json"].lfs is None


def test_branches_tags_and_commits_are_resolved(hub: Hub, api: HfApi) -> None:
    old = hub.add_model(NAME, FILES)
    new = hub.add_model(NAME, {"README.md": b"newer"})
    hub.add_model(NAME, {"README.md": b"other"}, branch="a/b")
    hub.tag(NAME, "v1", old)
    assert [api.model_info(NAME, revision=r).sha for r in (None, "main", "v1", old)] == [
        new, new, old, old,
    ]  # fmt: skip
    refs = api.list_repo_refs(NAME)
    assert [branch.name for branch in refs.branches] == ["main", "a/b"]
    assert [(tag.name, tag.target_commit) for tag in refs.tags] == [("v1", old)]
    assert api.model_info(NAME, revision="a/b").sha == refs.branches[1].target_commit


def test_tree_is_listed_over_several_pages(hub: Hub, api: HfApi) -> None:
    hub.add_model(NAME, FILES)
    hub.page_size = 2
    listed = [entry.path for entry in api.list_repo_tree(NAME, recursive=True)]
    assert sorted(listed) == sorted([*FILES, "sub"])
    assert [entry.path for entry in api.list_repo_tree(NAME, "sub")] == ["sub/more.txt"]
    assert len([r for r in hub.requests if "/tree/main" in r.path]) == 4
    found = api.get_paths_info(NAME, ["config.json", "nothing", "sub"])
    assert [entry.path for entry in found] == ["config.json", "sub"]


def test_file_headers_name_commit_digest_and_size(hub: Hub) -> None:
    commit = hub.add_model(NAME, FILES)
    for path, tag in (
        ("config.json", "9e26dfeeb6e641a33dae4961196235bdb965b21b"),
        ("weights.safetensors", hashlib.sha256(FILES["weights.safetensors"]).hexdigest()),
    ):
        url = hf_hub_url(NAME, path, endpoint=hub.endpoint)
        found = get_hf_file_metadata(url, token=False)
        assert (found.commit_hash, found.etag, found.size) == (commit, tag, len(FILES[path]))
        # Only what is large lies elsewhere.
        assert found.location.startswith(hub.storage) == (path == "weights.safetensors")


def test_download_keeps_the_token_from_the_storage_and_resumes(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1024)
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)
    hub.add_model(NAME, FILES)
    hub.gate(NAME, token="hf_secret")
    hub.fault("weights.safetensors", after=65536)
    path = hf_hub_download(
        NAME, "weights.safetensors", local_dir=tmp_path, endpoint=hub.endpoint, token="hf_secret"
    )
    assert Path(path).read_bytes() == FILES["weights.safetensors"]
    stored = [r for r in hub.requests if r.on_storage]
    assert [(r.range, r.token) for r in stored] == [("", ""), ("bytes=65536-", "")]
    assert hub.sent("weights.safetensors") == len(FILES["weights.safetensors"])


def test_ranges_are_as_http_has_them(hub: Hub) -> None:
    hub.add_model(NAME, FILES)
    url = hf_hub_url(NAME, "weights.safetensors", endpoint=hub.endpoint)
    with httpx2.Client(follow_redirects=True) as client:
        part = client.get(url, headers={"Range": "bytes=2-5"})
        past = client.get(url, headers={"Range": "bytes=999999-"})
    assert (part.status_code, part.content) == (206, bytes([2, 3, 4, 5]))
    assert part.headers["Content-Range"] == "bytes 2-5/102400"
    assert (past.status_code, past.headers["Content-Range"]) == (416, "bytes */102400")


def test_errors_are_those_that_the_client_tells_apart(hub: Hub, api: HfApi) -> None:
    hub.add_model(NAME, FILES)
    hub.add_model("org/gated", FILES)
    hub.gate("org/gated", token="hf_secret")
    hub.add_model("org/private", FILES)
    hub.hide("org/private", token="hf_secret")

    def head(name: str, path: str, token: str | bool = False) -> object:
        return get_hf_file_metadata(hf_hub_url(name, path, endpoint=hub.endpoint), token=token)

    for name in ("org/nothing", "org/private"):
        with pytest.raises(RepositoryNotFoundError):
            api.model_info(name)
    with pytest.raises(RevisionNotFoundError):
        api.model_info(NAME, revision="nothing")
    with pytest.raises(RemoteEntryNotFoundError):
        head(NAME, "nothing")
    # A gated model may be known of; its files may not be read, its card may.
    assert api.model_info("org/gated").gated == "manual"
    assert head("org/gated", "README.md")
    for token in (False, "hf_other"):
        with pytest.raises(GatedRepoError):
            head("org/gated", "config.json", token)
    assert head("org/gated", "config.json", "hf_secret")
    hub.down = 503
    with pytest.raises(HfHubHTTPError):
        api.model_info(NAME)


def test_renamed_model_leads_to_its_new_name(hub: Hub, api: HfApi) -> None:
    commit = hub.add_model(NAME, FILES)
    hub.rename(NAME, "org/new")
    found = api.model_info(NAME, revision="main", files_metadata=True)
    assert (found.id, found.sha) == ("org/new", commit)
    assert found.siblings is not None
    assert found.siblings[0].size is not None
    head = get_hf_file_metadata(hf_hub_url(NAME, "config.json", endpoint=hub.endpoint), token=False)
    assert head.commit_hash == commit


def test_search_finds_names(hub: Hub, api: HfApi) -> None:
    for name in ("org/mti", "org/mtoto", "other/tree"):
        hub.add_model(name, FILES)
    assert [m.id for m in api.list_models(search="MT", limit=5)] == ["org/mti", "org/mtoto"]
    assert [m.id for m in api.list_models(search="org", limit=1)] == ["org/mti"]


def test_dataset_is_loaded_at_its_commit(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets.config

    first = hub.add_dataset("org/data", {"README.md": b"---\nlicense: mit\n---\n",
                                         "main/test.jsonl": b'{"a": 1}\n'})  # fmt: skip
    hub.add_dataset("org/data", {"main/test.jsonl": b'{"a": 2}\n{"a": 3}\n'})
    monkeypatch.setattr(datasets.config, "HF_ENDPOINT", hub.endpoint)
    builder = load_dataset_builder(
        "org/data",
        data_files={"test": "main/test.jsonl"},
        revision=first,
        cache_dir=str(tmp_path),
        download_config=DownloadConfig(token=False, cache_dir=tmp_path / "downloads"),
    )
    assert builder.hash is not None
    assert first in str(builder.config.data_files)
