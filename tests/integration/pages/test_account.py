import re

import pytest

from evaluations.models import ApiToken
from evaluations.services.access import MOST_TOKENS
from tests import factories

pytestmark = pytest.mark.django_db
WISH = {"name": "laptop", "scopes": ["read", "submit"]}


@pytest.fixture
def ana(client):
    user = factories.make_user("ana")
    client.force_login(user)
    return user


def make(client, **changed):
    return client.post("/account/", WISH | changed)


def test_account_needs_a_signed_in_person(client):
    assert client.get("/account/").url == "/accounts/login/?next=/account/"
    assert make(client).status_code == 302
    assert client.post("/account/tokens/1/revoke/").status_code == 302
    assert not ApiToken.objects.exists()


def test_masthead_leads_to_the_account(client, ana):
    assert '<a href="/account/"' in client.get("/").content.decode()


def test_token_is_shown_once_and_works(client, ana):
    response = make(client)
    (secret,) = re.findall(r">(assay_\w{32})<", response.content.decode())
    assert "no-store" in response["Cache-Control"]
    me = client.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"})
    assert (me.status_code, me.json()["username"]) == (200, "ana")
    page = client.get("/account/").content.decode()
    assert secret not in page
    assert ApiToken.objects.get().prefix in page


def test_scopes_are_those_that_were_ticked(client, ana):
    make(client, scopes=["read"])
    assert ApiToken.objects.get().scopes == ["read"]


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"name": ""}, "1 to 100 characters"),
        ({"name": " "}, "1 to 100 characters"),
        ({"name": "x" * 101}, "1 to 100 characters"),
        ({"name": "a\0b"}, "1 to 100 characters"),
        ({"scopes": []}, "at least one scope"),
        ({"scopes": ["read", "root"]}, "at least one scope"),
    ],
)
def test_bad_wish_is_told_and_makes_nothing(client, ana, wish, words):
    response = make(client, **wish)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not ApiToken.objects.exists()


def test_tokens_are_bounded(client, ana):
    for number in range(MOST_TOKENS):
        factories.make_token(ana, name=str(number))
    assert make(client).status_code == 422
    last = ApiToken.objects.latest("pk")
    client.post(f"/account/tokens/{last.pk}/revoke/")
    assert make(client).status_code == 200


def test_revoked_token_leaves_the_list(client, ana):
    token, secret = factories.make_token(ana, name="<b>old")
    assert "&lt;b&gt;old" in client.get("/account/").content.decode()
    response = client.post(f"/account/tokens/{token.pk}/revoke/")
    assert (response.status_code, response.url) == (303, "/account/")
    page = client.get("/account/").content.decode()
    assert "The token is revoked" in page
    assert token.prefix not in page
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/me", headers=headers).status_code == 401


def test_somebody_elses_token_is_left_alone(client, ana):
    token, _ = factories.make_token()
    assert token.prefix not in client.get("/account/").content.decode()
    assert client.post(f"/account/tokens/{token.pk}/revoke/").status_code == 404
    assert ApiToken.objects.get().revoked_at is None


def test_revoking_needs_a_post_and_the_forms_token(client, ana):
    token, _ = factories.make_token(ana)
    address = f"/account/tokens/{token.pk}/revoke/"
    assert client.get(address).status_code == 405
    client.handler.enforce_csrf_checks = True
    assert client.post(address).status_code == 403
    assert make(client).status_code == 403
    assert ApiToken.objects.get().revoked_at is None


@pytest.mark.parametrize("rows", [1, 3])
def test_tokens_are_listed_in_three_queries(client, ana, django_assert_num_queries, rows):
    for _ in range(rows):
        factories.make_token(ana)
    with django_assert_num_queries(3):
        client.get("/account/")
