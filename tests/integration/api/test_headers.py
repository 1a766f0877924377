import pytest
from django.test import Client

from tests import factories

pytestmark = pytest.mark.django_db


def headers(response, *names):
    return [response.get(name) for name in names]


@pytest.mark.parametrize("path", ["boards", "submissions", "openapi.json", "models"])
def test_what_the_reader_has_is_not_sent_again(client, path):
    factories.make_result()
    first = client.get(f"/api/v1/{path}")
    assert headers(first, "Cache-Control") == ["public, no-cache"]
    assert "Authorization" in first["Vary"]
    known = {"If-None-Match": first["ETag"]}
    second = client.get(f"/api/v1/{path}", headers=known)
    assert (second.status_code, second.content, second["ETag"]) == (304, b"", first["ETag"])
    assert second["Cache-Control"] == first["Cache-Control"]


def test_answer_that_changed_has_another_tag(client):
    first = client.get("/api/v1/submissions")
    factories.make_submission()
    second = client.get("/api/v1/submissions", headers={"If-None-Match": first["ETag"]})
    assert second.status_code == 200
    assert second["ETag"] != first["ETag"]


def test_answers_to_a_token_are_private_and_problems_kept_nowhere(ana):
    assert headers(ana.get("me"), "Cache-Control") == ["private, no-cache"]
    assert headers(ana.get("nothing"), "Cache-Control", "ETag") == ["no-store", None]
    assert headers(ana.post("submissions", {}), "Cache-Control", "ETag") == ["no-store", None]


def test_pages_are_left_alone(client):
    page = client.get("/", headers={"Authorization": "Bearer assay_unknown"})
    assert page.status_code == 200
    assert not page.has_header("ETag")


def test_host_that_is_not_ours_is_a_problem(client, settings):
    settings.ALLOWED_HOSTS = ["board.example.org"]
    response = client.get("/api/v1/boards", headers={"Host": "evil.example.org"})
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert response.json()["code"] == "bad_request"


def test_fault_of_the_site_is_a_problem_without_a_traceback(monkeypatch):
    from evaluations.queries import boards

    def broken():
        raise RuntimeError("a secret of the code")

    monkeypatch.setattr(boards, "overview", broken)
    response = Client(raise_request_exception=False).get("/api/v1/boards")
    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert response["Content-Type"] == "application/problem+json"
    assert b"secret" not in response.content
