"""Submitting models of the hub: what is recorded, what is one submission, what saves nothing."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from evaluations.hub import models as hub_models
from evaluations.models import LanguageModel, Revision, Run, Submission
from evaluations.services.submissions import CheckedRequest, RefusedError, check, submit
from tests.factories import make_board, make_user
from tests.hub import Hub
from tests.hub.material import NAME, model, without

pytestmark = pytest.mark.django_db


def refused(**request: Any) -> RefusedError:
    with pytest.raises(RefusedError) as error:
        submit(**request)
    assert error.value.hint
    return error.value


@pytest.mark.parametrize(
    ("asked", "requested"),
    [(f"hf:{NAME}", ""), (NAME, ""), (f" {NAME}@main ", "main"), (f"hf:{NAME}@a/b", "a/b")],
)
def test_name_is_resolved_and_both_names_recorded(hub: Hub, asked: str, requested: str) -> None:
    commit = hub.add_model(NAME, model())
    hub.move(NAME, "a/b", commit)
    make_board("b")
    submission, is_new = submit(by=make_user(), model=asked, board="b")
    revision = submission.revision
    assert (str(revision.model), revision.commit, is_new) == (f"hf:{NAME}", commit, True)
    assert submission.requested_revision == requested
    assert (revision.licence, revision.architecture) == ("apache-2.0", "LlamaForCausalLM")
    assert (revision.parameters, revision.has_chat_template) == (12, False)
    assert revision.metadata["license"] == ["Apache-2.0"]
    assert revision.files == [
        {"path": p, "size": len(data), "sha256": revision.files[n]["sha256"]}
        for n, (p, data) in enumerate(sorted(without(model(), ".gitattributes").items()))
    ]
    assert [file["path"] for file in revision.files if file["sha256"]] == ["model.safetensors"]


def test_same_commit_under_two_names_is_a_duplicate(hub: Hub) -> None:
    commit = hub.add_model(NAME, model())
    make_board("b")
    first, _ = submit(by=make_user(), model=NAME, board="b")
    for asked in (f"{NAME}@main", f"hf:{NAME}@{commit}", NAME):
        error = refused(by=make_user(), model=asked, board="b")
        assert (error.code, error.duplicate) == ("duplicate", first)
    hub.add_model(NAME, model(changed=True))
    second, is_new = submit(by=make_user(), model=NAME, board="b")
    assert (is_new, second.revision.model) == (True, first.revision.model)
    assert Revision.objects.count() == 2


def test_refusal_stands_beside_the_model_and_saves_nothing(hub: Hub) -> None:
    make_board("b")
    user = make_user()
    hub.add_model(NAME, without(model(), "tokenizer.json"))
    asked = [NAME, f"{NAME}@nothing", "org/nothing", "local/x", "hf:", "ftp:a/b"]
    codes = [refused(by=user, model=name, board="b") for name in asked]
    assert {error.field for error in codes} == {"model"}
    assert [str(error.code) for error in codes] == [
        "tokenizer_error", "revision_missing", *["model_not_found"] * 4,
    ]  # fmt: skip
    hub.down = 503
    assert refused(by=user, model=NAME, board="b").code == "hub_unavailable"
    assert (LanguageModel.objects.count(), Submission.objects.count()) == (0, 0)


def test_hub_is_not_asked_for_what_is_refused_anyway(hub: Hub, settings: Settings) -> None:
    make_board("b")
    make_board("draft", draft=True)
    user = make_user()
    for request in ({"board": "nowhere"}, {"board": "draft"}, {"board": "b", "precision": "x"}):
        refused(by=user, model=NAME, **request)
    settings.ASSAY_OPEN_SUBMISSIONS = 0
    assert refused(by=user, model=NAME, board="b").code == "too_many_open"
    assert hub.requests == []


def test_check_tells_the_facts_and_saves_nothing(hub: Hub) -> None:
    commit = hub.add_model(NAME, model())
    board = make_board("b")
    found = check(model=f"{NAME}@main", board="b")
    assert isinstance(found, CheckedRequest)
    assert (found.model, found.revision, found.requested_revision) == (f"hf:{NAME}", commit, "main")
    assert (found.board, found.parameters, found.size) == (
        board, 12, sum(len(data) for data in without(model(), ".gitattributes").values()),
    )  # fmt: skip
    assert LanguageModel.objects.count() == 0
    submitted, _ = submit(by=make_user(), model=NAME, board="b")
    with pytest.raises(RefusedError) as error:
        check(model=NAME, board="b")
    assert (error.value.code, error.value.duplicate) == ("duplicate", submitted)


@pytest.mark.django_db(transaction=True)
def test_hub_is_asked_outside_of_any_transaction(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add_model(NAME, model())
    make_board("b")
    inside: list[bool] = []

    original = hub_models.check

    def watching(name: str, revision: str = "") -> hub_models.HubModel:
        inside.append(transaction.get_connection().in_atomic_block)
        return original(name, revision)

    monkeypatch.setattr(hub_models, "check", watching)
    submit(by=make_user(), model=NAME, board="b")
    assert inside == [False]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("key", ["the same", ""])
def test_same_request_sent_at_once_is_one_submission(hub: Hub, key: str) -> None:
    hub.add_model(NAME, model())
    make_board("b")
    user = make_user()
    accepted: list[Submission] = []
    refusals: list[Submission | None] = []

    def send() -> None:
        try:
            accepted.append(submit(by=user, model=NAME, board="b", key=key)[0])
        except RefusedError as error:
            refusals.append(error.duplicate)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert set(accepted + refusals) == {Submission.objects.get()}
    assert (len(accepted), len(refusals)) == ((4, 0) if key else (1, 3))
    assert (LanguageModel.objects.count(), Revision.objects.count(), Run.objects.count()) == (
        1, 1, 1,
    )  # fmt: skip
