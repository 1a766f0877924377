"""Taking submissions: what is refused, what is doubled, and what stands."""

import threading
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from evaluations.models import Run, Submission
from evaluations.services.submissions import RefusedError, submit
from tests.factories import make_board, make_model, make_revision, make_submission, make_user
from tests.hub import Hub

pytestmark = pytest.mark.django_db


def refused(**request: Any) -> RefusedError:
    with pytest.raises(RefusedError) as error:
        submit(**request)
    assert error.value.hint
    return error.value


def test_newest_revision_is_taken_unless_one_is_named() -> None:
    board, model, user = make_board("b"), make_model("mti"), make_user()
    old, new = make_revision(model), make_revision(model)
    first, _ = submit(by=user, model="local:mti", board="b")
    second, _ = submit(by=user, model=f"local:mti@{old.commit[:12]}", board="b")
    assert (first.revision, second.revision) == (new, old)
    assert [first.board, second.board] == [board, board]
    assert Run.objects.count() == 2


@pytest.mark.parametrize(
    "name", ["local:nobody", "nobody", "", "hf:org/name", "local:", "local:mti'--"]
)
def test_unknown_model_is_refused_beside_its_field(hub: Hub, name: str) -> None:
    make_board("b")
    error = refused(by=make_user(), model=name, board="b")
    assert (error.field, error.code) == ("model", "model_not_found")


def test_unknown_revision_board_and_precision_are_refused() -> None:
    make_board("b")
    make_revision(make_model("mti"))
    user = make_user()
    assert refused(by=user, model="local:mti@ffff", board="b").code == "revision_missing"
    assert refused(by=user, model="local:mti", board="nowhere").code == "board_not_found"
    error = refused(by=user, model="local:mti", board="b", precision="int1")
    assert (error.field, error.code) == ("precision", "precision_unknown")


def test_draft_takes_no_submissions() -> None:
    make_board("b", draft=True)
    make_revision(make_model("mti"))
    assert refused(by=make_user(), model="local:mti", board="b").code == "suite_draft"


def test_chat_template_that_the_model_lacks_is_refused() -> None:
    make_board("b")
    make_revision(make_model("plain"))
    make_revision(make_model("chat"), has_chat_template=True)
    user = make_user()
    error = refused(by=user, model="local:plain", board="b", chat_template=True)
    assert (error.field, error.code) == ("chat_template", "chat_template_error")
    assert submit(by=user, model="local:chat", board="b", chat_template=True)[1]


@pytest.mark.parametrize(
    ("state", "stands"), [("queued", True), ("published", True), ("failed", False)]
)
def test_duplicate_names_the_submission_that_stands(state: str, stands: bool) -> None:
    board, revision = make_board("b"), make_revision(make_model("mti"))
    earlier = make_submission(board=board, revision=revision, state=state)
    if not stands:
        assert submit(by=make_user(), model="local:mti", board="b")[1]
        return
    error = refused(by=make_user(), model="local:mti", board="b")
    assert (error.code, error.duplicate) == ("duplicate", earlier)


@pytest.mark.parametrize("ended", ["published", "failed", "cancelled"])
def test_one_open_submission_too_many_is_refused_and_those_that_ended_are_not_counted(
    settings: Settings, ended: str
) -> None:
    settings.ASSAY_OPEN_SUBMISSIONS = 2
    make_board("b")
    user = make_user()
    for name in ("one", "two", "three"):
        make_revision(make_model(name))
    submit(by=user, model="local:one", board="b")
    Submission.objects.update(state=ended)
    submit(by=user, model="local:two", board="b")
    submit(by=user, model="local:three", board="b")
    make_revision(make_model("four"))
    assert refused(by=user, model="local:four", board="b").code == "too_many_open"
    assert submit(by=make_user(), model="local:four", board="b")[1]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("key", ["the same", ""])
def test_same_request_sent_at_once_is_one_submission(key: str) -> None:
    make_board("b")
    make_revision(make_model("mti"))
    user = make_user()
    accepted: list[Submission] = []
    refusals: list[Submission | None] = []

    def send() -> None:
        try:
            accepted.append(submit(by=user, model="local:mti", board="b", key=key)[0])
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


@pytest.mark.django_db(transaction=True)
def test_limit_holds_for_requests_sent_at_once(settings: Settings) -> None:
    settings.ASSAY_OPEN_SUBMISSIONS = 2
    make_board("b")
    user = make_user()
    names = [f"m{number}" for number in range(5)]
    for name in names:
        make_revision(make_model(name))
    codes: list[str] = []

    def send(name: str) -> None:
        try:
            submit(by=user, model=f"local:{name}", board="b")
        except RefusedError as error:
            codes.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (Submission.objects.count(), codes) == (2, ["too_many_open"] * 3)
