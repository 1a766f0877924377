"""The artefact store on a disk and in an S3-compatible service: the same promises."""

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from pytest_django import Settings

from evaluations import store
from tests.servers import free_port

BUCKET, PREFIX = "assay", "site/one"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["disk", "s3"])
def stored(
    request: pytest.FixtureRequest,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    """Point the site at a store, and return what overwrites an artefact behind its back."""
    if request.param == "disk":
        settings.ASSAY_STORE_URL = tmp_path.as_uri()
        return lambda key, data: (tmp_path / key).write_bytes(data)
    endpoint = request.getfixturevalue("s3")
    credentials = {
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_REGION": "us-east-1",
    }
    for name, value in credentials.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    client.create_bucket(Bucket=BUCKET)
    settings.ASSAY_STORE_URL = f"s3://{BUCKET}/{PREFIX}"
    store._store.cache_clear()
    return lambda key, data: client.put_object(Bucket=BUCKET, Key=f"{PREFIX}/{key}", Body=data)


def test_what_is_put_is_found_under_its_digest(stored: Any, tmp_path: Path) -> None:
    data = b"some bytes \0 \xff" * 1000
    assert store.put_bytes(data) == hashlib.sha256(data).hexdigest()
    store.save(hashlib.sha256(data).hexdigest(), tmp_path / "deep" / "copy")
    assert (tmp_path / "deep" / "copy").read_bytes() == data
    assert b"".join(store.part(hashlib.sha256(data).hexdigest(), 5, 11)) == data[5:16]
    store.ping()


def test_large_file_is_stored_in_parts(stored: Any, tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(range(256)) * 4096 * 14)  # 14 MiB: more than one part
    digest = store.put_file(path)
    seen = hashlib.sha256()
    for chunk in store.chunks(digest):
        seen.update(chunk)
    assert seen.hexdigest() == digest == hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_is_missing_or_corrupt_is_noticed_by_its_digest(stored: Any, tmp_path: Path) -> None:
    with pytest.raises(store.ArtefactMissingError, match="not in the store"):
        store.get_bytes("0" * 64)
    digest = store.put_bytes(b"whole")
    stored(f"sha256/{digest[:2]}/{digest}", b"other")
    with pytest.raises(store.ArtefactMissingError, match="corrupt"):
        store.save(digest, tmp_path / "never")
    assert not (tmp_path / "never").exists()


def test_artefact_that_grew_is_not_copied_beyond_its_size(tmp_path: Path) -> None:
    digest = store.put_bytes(b"four")
    [kept] = (tmp_path / "artifacts").rglob(digest)
    with kept.open("r+b") as file:
        file.truncate(10 * 10**9)
    began = time.monotonic()
    with pytest.raises(store.ArtefactMissingError, match="is corrupt"):
        store.save(digest, tmp_path / "copy" / "file", size=4)
    assert time.monotonic() - began < 5
    assert list((tmp_path / "copy").iterdir()) == []


def test_store_that_is_away_is_said_to_be_away(settings: Settings) -> None:
    settings.ASSAY_STORE_URL = f"http://127.0.0.1:{free_port()}/"
    for ask in (store.ping, lambda: store.get_bytes("0" * 64), lambda: store.put_bytes(b"x")):
        with pytest.raises(store.StoreUnavailableError) as away:
            ask()
        assert "127.0.0.1" not in away.value.detail
