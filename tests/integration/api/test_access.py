import pytest
from django.test import Client

from evaluations.enums import Scope
from evaluations.models import ApiToken, Submission
from evaluations.services.access import revoke_token
from tests import factories
from tests.integration.api.conftest import make_person

pytestmark = pytest.mark.django_db


def test_me_says_whose_token_it_is(ana, settings):
    settings.ASSAY_OPEN_SUBMISSIONS = 7
    factories.make_submission(by=ana.user)
    factories.make_submission(by=ana.user, state="failed")
    token = ApiToken.objects.get()
    assert ana.get("me").json() == {
        "username": "ana",
        "token": {"name": "laptop", "prefix": token.prefix, "scopes": ["read", "submit"]},
        "open_submissions": 1,
        "limit": 7,
    }


def test_token_is_kept_as_a_digest_only(ana):
    token = ApiToken.objects.get()
    assert ana.secret.startswith("assay_")
    assert ana.secret.startswith(token.prefix)
    assert token.sha256 == factories.digest(ana.secret)
    assert ana.secret not in str(vars(token))


def problem(response):
    assert response["Content-Type"] == "application/problem+json"
    return response.status_code, response.json()["code"]


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("", "token_required"),
        ("Basic YTpi", "token_required"),
        ("Bearer", "token_invalid"),
        ("Bearer assay_unknown", "token_invalid"),
        ("bearer \udce9\x00é", "token_invalid"),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("get", "me"), ("post", "submissions")])
def test_request_without_a_good_token_is_refused(client, db, *, method, path, authorization, code):
    headers = {"Authorization": authorization} if authorization else {}
    response = getattr(client, method)(f"/api/v1/{path}", headers=headers)
    assert problem(response) == (401, code)
    assert response["WWW-Authenticate"].startswith('Bearer realm="assay"')


def test_bad_token_is_told_even_where_none_is_needed(client, db):
    response = client.get("/api/v1/boards", headers={"Authorization": "Bearer assay_old"})
    assert problem(response) == (401, "token_invalid")


def test_revoked_token_opens_nothing(ana):
    assert revoke_token(token=ApiToken.objects.get())
    assert problem(ana.get("me")) == (401, "token_invalid")
    assert not revoke_token(token=ApiToken.objects.get())


def test_token_of_a_closed_account_opens_nothing(ana):
    ana.user.is_active = False
    ana.user.save()
    assert problem(ana.get("me")) == (401, "token_invalid")


@pytest.mark.parametrize(
    ("scopes", "method", "path"),
    [
        (("submit",), "get", "me"),
        (("submit",), "get", "submissions?mine=1"),
        (("read",), "post", "submissions"),
        (("read",), "post", "submissions/check"),
        (("read",), "post", "submissions/0000000000/cancel"),
    ],
)
def test_token_without_the_scope_is_refused(client, db, scopes, method, path):
    person = make_person(client, scopes=scopes)
    response = getattr(person, method)(path)
    assert problem(response) == (403, "scope_missing")
    assert 'error="insufficient_scope"' in response["WWW-Authenticate"]


def test_cookie_never_authorises(wanted):
    client = Client(enforce_csrf_checks=False)
    client.force_login(factories.make_user(is_staff=True))
    response = client.post("/api/v1/submissions", wanted, content_type="application/json")
    assert problem(response) == (401, "token_required")
    assert client.get("/api/v1/me").status_code == 401
    assert not Submission.objects.exists()


def test_last_use_is_written_at_most_once_a_minute(ana, django_assert_num_queries):
    ana.get("me")
    first = ApiToken.objects.get().last_used_at
    with django_assert_num_queries(2):
        ana.get("me")
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=factories.ago(2))
    ana.get("me")
    assert ApiToken.objects.filter(last_used_at__gt=first).exists()


def test_every_scope_can_be_had(ana):
    assert ApiToken.objects.get().scopes == list(Scope)
