import pytest

from tests import factories

pytestmark = pytest.mark.django_db


def test_sign_in_leads_on_to_the_page_that_asked(client):
    factories.make_user("ana")
    page = client.get("/accounts/login/?next=/submit/").content.decode()
    assert 'name="next" value="/submit/"' in page
    asked = {"username": "ana", "password": "secret", "next": "/submit/"}
    response = client.post("/accounts/login/", asked)
    assert (response.status_code, response.url) == (302, "/submit/")


def test_sign_in_leads_to_the_boards_otherwise(client):
    factories.make_user("ana")
    response = client.post("/accounts/login/", {"username": "ana", "password": "secret"})
    assert response.url == "/"


def test_sign_in_never_leads_to_another_site(client):
    factories.make_user("ana")
    asked = {"username": "ana", "password": "secret", "next": "https://example.org/"}
    assert client.post("/accounts/login/", asked).url == "/"


def test_wrong_password_is_told_and_the_name_kept(client):
    factories.make_user("ana")
    response = client.post("/accounts/login/", {"username": "ana", "password": "<b>wrong"})
    page = response.content.decode()
    assert 'role="alert"' in page
    assert 'value="ana"' in page
    assert "wrong" not in page


def test_empty_sign_in_is_told(client):
    assert "Fill in both fields." in client.post("/accounts/login/", {}).content.decode()


def test_sign_out_needs_a_post_and_leads_to_the_boards(client):
    client.force_login(factories.make_user("ana"))
    assert client.get("/accounts/logout/").status_code == 405
    assert client.post("/accounts/logout/").url == "/"
    assert "Sign in" in client.get("/").content.decode()


def test_masthead_says_who_is_signed_in(client):
    client.force_login(factories.make_user("<b>ana"))
    page = client.get("/").content.decode()
    assert "<bdi>&lt;b&gt;ana</bdi>" in page
    assert "Sign out" in page
