"""A hub model that turns bad after it was taken: its run fails with a code, unevaluated."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from evaluations.failures import failure
from evaluations.models import Run, Submission, Unit
from evaluations.services.submissions import submit
from tests import factories
from tests.hub import Hub
from tests.hub.material import NAME, model, weights
from workers import download, model_cache
from workers.worker import Worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.VAR = tmp_path / "var"
    settings.VAR.mkdir()
    monkeypatch.setattr(download, "PAUSES", (0.01,))


def vanishes(hub: Hub) -> None:
    hub.repositories.clear()


def loses_its_commit(hub: Hub) -> None:
    hub.model(NAME).commits.clear()


def is_gated(hub: Hub) -> None:
    hub.gate(NAME, token="hf_other")


def is_changed_under_its_commit(hub: Hub) -> None:
    hub.promise(NAME, "config.json", 999)


def comes_with_other_bytes(hub: Hub) -> None:
    hub.fault("model.safetensors", times=99, flip=True)


def is_cut_off_each_time(hub: Hub) -> None:
    hub.fault("model.safetensors", after=700_000)
    hub.fault("model.safetensors", times=999, after=0)


def is_not_sent(hub: Hub) -> None:
    hub.fault("model.safetensors", times=99, status=503)


@pytest.mark.parametrize(
    ("turn", "code"),
    [
        (vanishes, "model_not_found"),
        (loses_its_commit, "revision_missing"),
        (is_gated, "model_gated"),
        (is_changed_under_its_commit, "download_corrupt"),
        (comes_with_other_bytes, "download_corrupt"),
        (is_cut_off_each_time, "download_timeout"),
        (is_not_sent, "hub_unavailable"),
    ],
)
def test_run_fails_with_its_own_code_and_hint(
    hub: Hub, turn: Callable[[Hub], None], code: str
) -> None:
    hub.add_model(NAME, model() | {"model.safetensors": weights((500, 500))})
    factories.make_board("b")
    submission, _ = submit(by=User.objects.create_user("ana"), model=NAME, board="b")
    turn(hub)
    worker = Worker()
    for _ in range(3):
        worker.work(seconds=30)
        Run.objects.update(not_before=None)
    worker.close()
    submission.refresh_from_db()
    assert (submission.state, submission.failure_code) == ("failed", code)
    assert submission.failure_detail
    assert failure(code).hint
    assert not Unit.objects.exists()
    assert not (model_cache.folder(submission.revision.commit) / "model.safetensors").exists()
    assert Submission.objects.get().events.latest("pk").note == code
