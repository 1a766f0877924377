"""Names that the form suggests while somebody types."""

import pytest
from django.core.cache import cache

from tests import factories
from tests.hub.material import model

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_cache():
    cache.clear()


@pytest.fixture
def user(client):
    user = factories.make_user("ana")
    client.force_login(user)
    return user


def suggested(client, typed):
    response = client.get("/submit/models", {"q": typed})
    assert response.status_code == 200
    return response.json()["models"]


def test_models_known_here_come_first_then_the_hubs(client, user, hub):
    for name in ("local-mti", "MTI-2"):
        factories.make_model(name)
    for name in ("org/mti", "org/other"):
        hub.add_model(name, model())
    assert suggested(client, "mti") == ["local:MTI-2", "local:local-mti", "hf:org/mti"]
    assert suggested(client, "hf:org/m") == ["hf:org/mti"]
    assert suggested(client, "local:m") == ["local:MTI-2"]


def test_hub_is_asked_once_for_the_same_words(client, user, hub):
    hub.add_model("org/mti", model())
    assert suggested(client, "mti") == suggested(client, "mti") == ["hf:org/mti"]
    assert len(hub.requests) == 1


def test_hub_that_is_away_leaves_what_is_known_here(client, user, hub):
    factories.make_model("mti")
    hub.down = 503
    assert suggested(client, "mti") == ["local:mti"]


@pytest.mark.parametrize("typed", ["", "m", "x" * 101, " m "])
def test_too_little_or_too_much_suggests_nothing(client, user, hub, typed):
    factories.make_model("m")
    assert suggested(client, typed) == []
    assert hub.requests == []


def test_strange_characters_are_only_text(client, user, hub):
    factories.make_model("mti")
    assert suggested(client, "m\0ti") == ["local:mti"]
    assert suggested(client, "%_&?#'\"<b>") == []


def test_only_signed_in_people_have_the_hub_asked(client, hub):
    assert client.get("/submit/models?q=mti").status_code == 401
    assert client.post("/submit/models").status_code == 405
    assert hub.requests == []
