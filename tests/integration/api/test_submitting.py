import pytest

from evaluations.models import IdempotentRequest, Revision, Submission
from tests import factories
from tests.integration.api.conftest import make_person

pytestmark = pytest.mark.django_db


def problem(response):
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "no-store"
    return response.status_code, response.json()["code"]


def test_submission_is_made_as_asked(ana, wanted):
    response = ana.post("submissions", wanted | {"intended_use": "Für den Unterricht."})
    data, made = response.json(), Submission.objects.get()
    assert response.status_code == 201
    assert response["Location"] == f"/api/v1/submissions/{made.public_id}"
    assert (data["id"], data["state"], data["position"]) == (made.public_id, "queued", 1)
    assert (data["model"], data["board"], data["precision"]) == ("local:mti", "demo", "float32")
    assert data["intended_use"] == made.intended_use == "Für den Unterricht."
    assert made.by == ana.user
    assert ana.client.get(response["Location"]).json() == data


def test_check_tells_what_would_be_evaluated_and_saves_nothing(ana, wanted):
    response = ana.post("submissions/check", wanted)
    revision = Revision.objects.get()
    assert response.status_code == 200
    assert response.json() == {
        "model": "local:mti", "revision": revision.commit, "requested_revision": "",
        "licence": "apache-2.0", "architecture": "LlamaForCausalLM", "parameters": 1_234_567,
        "size": revision.size, "has_chat_template": False, "board": "demo",
    }  # fmt: skip
    assert not Submission.objects.exists()


BAD = [
    {"extra": 1},
    {"chat_template": "true"},
    {"chat_template": 1},
    {"chat_template": None},
    {"model": 3},
    {"model": ""},
    {"model": "local:m\0ti"},
    {"board": ["demo"]},
    {"precision": "x" * 11},
    {"intended_use": "a\0b"},
    {"intended_use": "x" * 1001},
    {"model": "x" * 301},
]


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("path", ["submissions", "submissions/check"])
def test_malformed_wish_is_refused_and_saves_nothing(ana, wanted, bad, path):
    response = ana.post(path, wanted | bad)
    assert problem(response) == (422, "invalid_request")
    assert next(iter(bad)) in response.json()["detail"]
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b'"text"', b"null", b"\xff\xfe", b"[" * 60_000,
        b'{"model": "\\ud800", "board": "demo"}', b'{"model": NaN, "board": "demo"}',
    ],
)  # fmt: skip
def test_body_that_is_no_object_is_refused(ana, wanted, body):
    assert problem(ana.post("submissions", body)) == (422, "invalid_request")
    assert not Submission.objects.exists()


@pytest.mark.parametrize("size", [70_000, 10_000_000])
@pytest.mark.parametrize("path", ["submissions", "submissions/check"])
def test_oversize_request_is_refused_unread(ana, wanted, size, path):
    response = ana.post(path, wanted | {"intended_use": "x" * size})
    assert problem(response) == (413, "request_too_large")
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"model": "local:nobody"}, "model_not_found"),
        ({"model": "local:mti@ffff"}, "revision_missing"),
        ({"board": "nowhere"}, "board_not_found"),
        ({"precision": "int3"}, "precision_unknown"),
        ({"chat_template": True}, "chat_template_error"),
    ],
)
@pytest.mark.parametrize("path", ["submissions", "submissions/check"])
def test_refusal_keeps_its_own_code(ana, wanted, wish, code, path):
    response = ana.post(path, wanted | wish)
    assert problem(response) == (422, code)
    assert response.json()["field"] in wish
    assert not Submission.objects.exists()


@pytest.mark.parametrize("path", ["submissions", "submissions/check"])
def test_duplicate_names_the_earlier_submission(ana, wanted, path):
    made = ana.post("submissions", wanted).json()
    response = ana.post(path, wanted)
    assert problem(response) == (409, "duplicate")
    assert response.json()["submission"] == {"id": made["id"], "url": made["url"]}
    assert Submission.objects.count() == 1


def test_one_too_many_is_refused(ana, wanted, settings):
    settings.ASSAY_OPEN_SUBMISSIONS = 1
    factories.make_submission(by=ana.user)
    assert problem(ana.post("submissions", wanted)) == (429, "too_many_open")


def test_open_submission_is_cancelled_once(ana):
    submission = factories.make_submission(by=ana.user, state="running")
    response = ana.post(f"submissions/{submission.public_id}/cancel")
    assert (response.status_code, response.json()["state"]) == (200, "cancelled")
    again = ana.post(f"submissions/{submission.public_id}/cancel")
    assert problem(again) == (409, "already_ended")


@pytest.mark.parametrize("action", ["cancel", "retry", "withdraw"])
def test_somebody_elses_submission_is_left_alone(ana, action):
    submission = factories.make_submission(state="failed" if action == "retry" else "queued")
    response = ana.post(f"submissions/{submission.public_id}/{action}")
    assert problem(response) == (403, "not_yours")
    assert Submission.objects.get().state == submission.state


@pytest.mark.parametrize("action", ["cancel", "withdraw"])
def test_staff_may_end_any_submission(client, action):
    staff = make_person(client, "root", is_staff=True)
    submission = factories.make_submission()
    assert staff.post(f"submissions/{submission.public_id}/{action}").status_code == 200
    assert submission.events.latest("pk").actor == "root"


@pytest.mark.parametrize("action", ["cancel", "retry", "withdraw"])
def test_unknown_submission_is_not_found(ana, action):
    response = ana.post(f"submissions/0000000000/{action}")
    assert problem(response) == (404, "submission_not_found")


@pytest.mark.parametrize("state", ["failed", "cancelled", "withdrawn"])
def test_retry_asks_for_the_same_again(ana, wanted, state):
    ana.post("submissions", wanted | {"intended_use": "For a class."})
    Submission.objects.update(state=state)
    first = Submission.objects.get()
    response = ana.post(f"submissions/{first.public_id}/retry")
    assert response.status_code == 201
    second = Submission.objects.exclude(pk=first.pk).get()
    assert response["Location"].endswith(second.public_id)
    for name in (
        "revision", "requested_revision", "board", "precision", "chat_template", "intended_use",
        "by",
    ):  # fmt: skip
        assert getattr(second, name) == getattr(first, name), name
    first.refresh_from_db()
    assert (first.state, second.state) == (state, "queued")
    assert problem(ana.post(f"submissions/{first.public_id}/retry")) == (409, "duplicate")


def test_retry_of_what_has_not_ended_is_refused(ana):
    submission = factories.make_submission(by=ana.user, state="scoring")
    response = ana.post(f"submissions/{submission.public_id}/retry")
    assert problem(response) == (409, "not_ended")


def test_retry_of_what_is_published_is_a_duplicate(ana):
    result = factories.make_result(by=ana.user)
    response = ana.post(f"submissions/{result.submission.public_id}/retry")
    assert problem(response) == (409, "duplicate")
    assert response.json()["submission"]["id"] == result.submission.public_id


def test_faults_of_the_hub_are_passing(ana, wanted, monkeypatch):
    from evaluations.services import submissions

    def away(*_args: object, **_kwargs: object) -> None:
        raise submissions.RefusedError("model", "hub_unavailable", "The hub is away.", "Wait.")

    with monkeypatch.context() as patch:
        patch.setattr(submissions, "submit", away)
        response = ana.post("submissions", wanted, Idempotency_Key="one")
        assert problem(response) == (503, "hub_unavailable")
    assert not IdempotentRequest.objects.exists()
    assert ana.post("submissions", wanted, Idempotency_Key="one").status_code == 201
