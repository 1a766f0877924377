"""Fetching a hub's model: what comes is what was promised, and nothing is asked for twice."""

import errno
import hashlib
import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from evaluations.errors import AssayError
from evaluations.hub.models import check
from evaluations.models import Revision
from evaluations.services.models import record_hub_model, register_local
from tests.hub import Hub
from tests.hub.material import NAME, model, sharded, weights
from workers import download, fetch, model_cache
from workers.slot import Slot

pytestmark = pytest.mark.django_db
#: Large enough to be cut off in the middle.
_BIG = (500, 500)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.VAR = tmp_path / "var"
    settings.VAR.mkdir()
    monkeypatch.setattr(download, "PAUSES", (0.01, 0.01))


def recorded(files: dict[str, bytes], hub: Hub, name: str = NAME) -> Revision:
    hub.add_model(name, files)
    revision = record_hub_model(check(name))
    hub.requests.clear()
    return revision


def fetched(revision: Revision, slot: str = "worker/1") -> Path:
    """Fetch into a slot and return its folder `model`."""
    folder = slot_folder(slot)
    for _ in fetch.fetch_model(revision, folder, lambda _: None):
        pass
    return folder / "model"


def slot_folder(slot: str) -> Path:
    from django.conf import settings

    folder: Path = settings.VAR / "work" / slot
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def failed(revision: Revision) -> AssayError:
    with pytest.raises(AssayError) as error:
        fetched(revision)
    return error.value


def downloads(hub: Hub, path: str) -> list[tuple[int, str]]:
    """Return status and range of the requests for a file that carried it or a part of it."""
    return [
        (r.status, r.range)
        for r in hub.requests
        if r.path.endswith(path) and r.method == "GET" and r.status not in {302, 307}
    ]


def test_every_file_is_fetched_hashed_and_recorded(hub: Hub) -> None:
    files = sharded((3, 4), _BIG)
    revision = recorded(files, hub)
    place = fetched(revision)
    expected = {path: data for path, data in files.items() if path != ".gitattributes"}
    assert contents(place) == expected
    digests = {file["path"]: file["sha256"] for file in Revision.objects.get().files}
    assert digests == {p: hashlib.sha256(data).hexdigest() for p, data in expected.items()}
    assert revision.files == Revision.objects.get().files
    cached = model_cache.folder(revision.commit)
    assert all(path.samefile(cached / path.name) for path in place.iterdir())
    assert all(path.stat().st_mode & 0o222 == 0 for path in place.iterdir())


def test_what_was_fetched_once_is_not_asked_for_again(hub: Hub) -> None:
    revision = recorded(model(), hub)
    fetched(revision)
    hub.requests.clear()
    assert len(contents(fetched(Revision.objects.get(), "other/2"))) == 5
    assert hub.requests == []


def test_cut_connection_is_resumed_where_it_broke(hub: Hub) -> None:
    files = model() | {"model.safetensors": weights(_BIG)}
    revision = recorded(files, hub)
    fault = hub.fault("model.safetensors", after=700_000)
    assert contents(fetched(revision))["model.safetensors"] == files["model.safetensors"]
    assert fault.times == 0
    (first, whole), (second, rest) = downloads(hub, "model.safetensors")
    assert (first, whole, second) == (200, "", 206)
    kept = int(rest.removeprefix("bytes=").removesuffix("-"))
    assert 0 < kept <= 700_000
    again = hub.sent("model.safetensors") - len(files["model.safetensors"])
    assert 0 <= again == 700_000 - kept < 70_000


def test_half_a_file_is_kept_apart_and_taken_up_by_the_next_attempt(hub: Hub) -> None:
    files = model() | {"model.safetensors": weights(_BIG)}
    revision = recorded(files, hub)
    hub.fault("model.safetensors", after=700_000)
    dead = hub.fault("model.safetensors", times=99, after=0)
    assert failed(revision).code == "download_timeout"
    assert not (model_cache.folder(revision.commit) / "model.safetensors").exists()
    begun = model_cache.partial(revision.commit) / "model.safetensors"
    kept = begun.stat().st_size
    assert 0 < kept <= 700_000
    dead.times = 0
    hub.requests.clear()
    assert contents(fetched(revision))["model.safetensors"] == files["model.safetensors"]
    assert hub.sent("model.safetensors") == len(files["model.safetensors"]) - kept
    assert not begun.exists()


def test_download_goes_on_as_long_as_something_comes(hub: Hub) -> None:
    files = model() | {"model.safetensors": weights(_BIG)}
    revision = recorded(files, hub)
    # More often than there are pauses.
    hub.fault("model.safetensors", times=4, after=300_000)
    assert contents(fetched(revision))["model.safetensors"] == files["model.safetensors"]


@pytest.mark.parametrize("path", ["model.safetensors", "config.json"])
def test_corrupt_bytes_are_thrown_away_and_fetched_anew(hub: Hub, path: str) -> None:
    files = model()
    revision = recorded(files, hub)
    hub.fault(path, flip=True)
    error = failed(revision)
    assert error.code == "download_corrupt"
    assert path in error.detail
    assert not (model_cache.partial(revision.commit) / path).exists()
    assert contents(fetched(revision))[path] == files[path]


def test_more_bytes_than_promised_are_not_taken(hub: Hub) -> None:
    revision = recorded(model(), hub)
    hub.fault("model.safetensors", extra=b"x" * 5_000_000)
    assert failed(revision).code == "download_corrupt"
    begun = model_cache.partial(revision.commit)
    assert sum(path.stat().st_size for path in begun.glob("*")) <= revision.size


def test_branch_that_moves_changes_nothing(hub: Hub) -> None:
    files = model()
    revision = recorded(files, hub)
    hub.add_model(NAME, model(changed=True) | {"model.safetensors": weights((9, 9))})
    assert contents(fetched(revision))["config.json"] == files["config.json"]


def test_commit_that_vanishes_is_a_missing_revision(hub: Hub) -> None:
    revision = recorded(model(), hub)
    hub.model(NAME).commits.clear()
    assert failed(revision).code == "revision_missing"


def test_model_that_vanishes_or_closes_is_named(hub: Hub) -> None:
    revision = recorded(model(), hub)
    hub.gate(NAME, token="hf_other")
    assert failed(revision).code == "model_gated"
    hub.repositories.clear()
    assert failed(revision).code == "model_not_found"


def test_gated_model_is_fetched_with_the_operators_token(hub: Hub, settings: Settings) -> None:
    settings.ASSAY_HUB_TOKEN = "hf_secret_of_ours"
    hub.add_model(NAME, model())
    hub.gate(NAME, token="hf_secret_of_ours")
    said: list[str] = []
    revision = record_hub_model(check(NAME))
    for _ in fetch.fetch_model(revision, slot_folder("worker/1"), said.append):
        pass
    assert len(said) == 6
    assert "hf_secret" not in "".join(said)
    assert {r.token for r in hub.requests if r.on_storage} == {""}
    assert {r.token for r in hub.requests if not r.on_storage} == {"hf_secret_of_ours"}


@pytest.mark.parametrize(("status", "code"), [(503, "hub_unavailable"), (429, "hub_unavailable")])
def test_storage_that_answers_with_errors_is_asked_again(hub: Hub, status: int, code: str) -> None:
    revision = recorded(model(), hub)
    hub.fault("model.safetensors", times=2, status=status)
    assert contents(fetched(revision))
    hub.fault("model.safetensors", times=9, status=status)
    shutil.rmtree(model_cache.folder(revision.commit))
    error = failed(revision)
    assert (error.code, str(status) in error.detail) == (code, True)


def test_hub_that_is_away_is_no_fault_of_the_model(hub: Hub, settings: Settings) -> None:
    revision = recorded(model(), hub)
    settings.HUB_ENDPOINT = "http://127.0.0.1:9"
    assert failed(revision).code == "hub_unavailable"


def test_trickle_is_given_up(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "LEAST_SECONDS", 0.2)
    monkeypatch.setattr(download, "LEAST_BYTES", 10_000_000)
    revision = recorded(model() | {"model.safetensors": weights(_BIG)}, hub)
    hub.fault("model.safetensors", times=9, pause=0.1)
    error = failed(revision)
    assert error.code == "download_timeout"
    assert "Only" in error.detail


def test_spoilt_file_in_the_cache_is_fetched_again(hub: Hub) -> None:
    files = model()
    revision = recorded(files, hub)
    path = fetched(revision) / "model.safetensors"
    path.chmod(0o644)
    path.write_bytes(b"x" * len(files["model.safetensors"]))
    hub.requests.clear()
    assert contents(fetched(revision)) == {p: d for p, d in files.items() if p[0] != "."}
    assert {r.path.rpartition("/")[2] for r in hub.requests} == {"model.safetensors"}


def test_other_bytes_than_were_recorded_are_refused(hub: Hub) -> None:
    revision = recorded(model(), hub)
    fetched(revision)
    shutil.rmtree(model_cache.folder(revision.commit))
    # The hub now lists, and sends, another file for the same commit.
    commit = hub.model(NAME).commits[revision.commit]
    other = hub.add_model("org/other", model() | {"config.json": b"[" + b" " * 200})
    changed = hub.model("org/other").commits[other]["config.json"]
    commit["config.json"] = changed
    assert failed(revision).code == "download_corrupt"


def test_listing_that_changed_since_the_check_is_refused(hub: Hub) -> None:
    revision = recorded(model(), hub)
    hub.promise(NAME, "config.json", 999)
    error = failed(revision)
    assert (error.code, "lists another config.json" in error.detail) == ("download_corrupt", True)
    assert hub.sent("model.safetensors") == 0


def test_server_that_knows_no_ranges_sends_the_file_anew(hub: Hub) -> None:
    files = model() | {"model.safetensors": weights(_BIG)}
    revision = recorded(files, hub)
    hub.fault("model.safetensors", after=700_000)
    hub.fault("model.safetensors", whole=True)
    assert contents(fetched(revision))["model.safetensors"] == files["model.safetensors"]


def test_disk_without_room_is_noticed_before_the_download(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    revision = recorded(model(), hub)
    usage = shutil.disk_usage("/")._replace(free=100)
    monkeypatch.setattr("workers.fetch.shutil.disk_usage", lambda _: usage)
    with pytest.raises(OSError, match="bytes are needed") as error:
        fetched(revision)
    assert error.value.errno == errno.ENOSPC
    assert hub.requests == []


def test_fetching_yields_while_it_waits(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    revision = recorded(model() | {"model.safetensors": weights(_BIG)}, hub)
    hub.fault("model.safetensors", pause=0.1)
    stage = fetch.fetch_model(revision, slot_folder("worker/1"), lambda _: None)
    assert len(list(stage)) >= 3


def test_fetch_that_is_left_keeps_what_came(hub: Hub) -> None:
    files = model() | {"model.safetensors": weights(_BIG)}
    revision = recorded(files, hub)
    hub.fault("model.safetensors", times=1, pause=0.15)
    stage = fetch.fetch_model(revision, slot_folder("worker/1"), lambda _: None)
    next(stage)
    next(stage)
    assert isinstance(stage, Iterator)
    stage.close()  # type: ignore[attr-defined]
    hub.requests.clear()
    assert contents(fetched(revision, "other/1"))["model.safetensors"] == files["model.safetensors"]
    assert 0 < hub.sent("model.safetensors") < len(files["model.safetensors"])


@pytest.mark.django_db(transaction=True)
def test_two_workers_fetch_a_model_once(hub: Hub) -> None:
    files = model() | {"model.safetensors": weights(_BIG)}
    revision = recorded(files, hub)
    hub.fault("model.safetensors", pause=0.02)
    places: list[Path] = []

    def work(slot: str) -> None:
        try:
            places.append(fetched(Revision.objects.get(pk=revision.pk), slot))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(f"worker{n}/1",)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [len(contents(place)) for place in places] == [5, 5, 5]
    assert hub.sent("model.safetensors") == len(files["model.safetensors"])


def test_local_models_come_from_the_store_through_the_same_cache(tmp_path: Path) -> None:
    files = model()
    for path, data in files.items():
        (tmp_path / "mine").mkdir(exist_ok=True)
        (tmp_path / "mine" / path).write_bytes(data)
    revision, _ = register_local(name="mine", folder=tmp_path / "mine")
    assert contents(fetched(revision)) == {p: d for p, d in files.items() if p[0] != "."}


class TestCleaning:
    """The cache holds a little more than four of these models."""

    @pytest.fixture(autouse=True)
    def _small(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.ASSAY_MODEL_CACHE_GB = 1
        monkeypatch.setattr(model_cache, "_GB", 4_500_000)

    def made(self, hub: Hub, count: int) -> list[Revision]:
        big = {"model.safetensors": weights(_BIG)}
        return [recorded(model() | big, hub, f"org/m{n}") for n in range(count)]

    def kept(self, revisions: list[Revision]) -> list[bool]:
        return [model_cache.folder(revision.commit).exists() for revision in revisions]

    def test_least_lately_used_goes_first(self, hub: Hub) -> None:
        revisions = self.made(hub, 6)
        for revision, age in zip(revisions, (400, 200, 500, 100), strict=False):
            fetched(revision)
            then = time.time() - age
            os.utime(model_cache.folder(revision.commit), (then, then))
        fetched(revisions[2])  # the oldest is used again
        fetched(revisions[4])
        fetched(revisions[5])
        assert self.kept(revisions) == [False, False, True, True, True, True]

    def test_what_a_slot_uses_stays_whatever_the_bound(self, hub: Hub) -> None:
        revisions = self.made(hub, 6)
        for number, revision in enumerate(revisions[:5]):
            fetched(revision, f"worker{number}/1")
        assert self.kept(revisions) == [True] * 5 + [False]
        shutil.rmtree(slot_folder("worker3/1"))
        fetched(revisions[4], "worker9/1")
        assert self.kept(revisions) == [True] * 5 + [False]  # nothing had to be fetched
        fetched(revisions[5], "worker9/1")
        assert self.kept(revisions) == [True, True, True, False, True, True]

    def test_unfinished_downloads_are_cleaned_too(self, hub: Hub) -> None:
        begun = model_cache.partial("f" * 40)
        begun.mkdir(parents=True)
        (begun / "model.safetensors").write_bytes(bytes(4_000_000))
        fetched(self.made(hub, 1)[0])
        assert not begun.exists()


def test_slot_shows_the_runner_a_folder_called_model(hub: Hub) -> None:
    from tests import factories

    revision = recorded(model(), hub)
    submission = factories.make_submission(revision=revision)
    slot = Slot(slot_folder("worker") / "1")
    for _ in slot.fetch(submission.run):
        pass
    assert sorted(contents(slot.root / "model")) == sorted(p for p in model() if p[0] != ".")
    assert "sha256" in slot.log_tail()
