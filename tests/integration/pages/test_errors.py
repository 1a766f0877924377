import pytest
from django.db import InterfaceError, OperationalError

from evaluations.queries import boards
from tests import factories

pytestmark = pytest.mark.django_db


def break_down(*_args, **_kwargs):
    raise RuntimeError("no such host <secret>")


def test_missing_page_is_told_in_the_look_of_the_site(client):
    response = client.get("/nothing/")
    assert response.status_code == 404
    assert "There is nothing at this address" in response.content.decode()


def test_missing_address_of_the_api_is_a_problem(client):
    response = client.get("/api/v1/nothing")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert response["Content-Type"] == "application/problem+json"


def test_our_mistake_is_told_without_the_database_or_a_traceback(
    client, monkeypatch, django_assert_num_queries
):
    client.force_login(factories.make_user())
    client.raise_request_exception = False
    monkeypatch.setattr(boards, "overview", break_down)
    with django_assert_num_queries(1):  # the latest results, before the mistake
        response = client.get("/")
    assert response.status_code == 500
    page = response.content.decode()
    assert "The site made a mistake" in page
    assert "secret" not in page


def test_our_mistake_in_the_api_is_a_problem(client, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr(boards, "overview", break_down)
    response = client.get("/api/v1/boards")
    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert "secret" not in response.content.decode()


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.parametrize(
    ("path", "told"),
    [("/", "reach its database"), ("/api/v1/boards", '"code": "database_unavailable"')],
)
def test_database_that_is_away_is_told_as_such(client, monkeypatch, error, path, told):
    def away(*_args, **_kwargs):
        raise error("no such host <secret>")

    client.raise_request_exception = False
    monkeypatch.setattr(boards, "overview", away)
    response = client.get(path)
    assert (response.status_code, response["Retry-After"]) == (503, "10")
    assert told in response.content.decode()
    assert "secret" not in response.content.decode()


@pytest.mark.parametrize("path", ["/", "/nothing/", "/healthz", "/api/v1/boards"])
def test_every_answer_carries_the_policy(client, path):
    policy = client.get(path)["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'")
