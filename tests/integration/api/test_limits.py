import os
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.test import RequestFactory

from leaderboard.api import limits
from tests.integration.api.conftest import make_person
from tests.servers import stack

pytestmark = pytest.mark.django_db
NOON = 1_000_000_020


@pytest.fixture(autouse=True)
def limited(settings, monkeypatch):
    """Three reads and two writes a minute; on the grown-up stack they are counted in Redis."""
    kind, address = "locmem.LocMemCache", uuid4().hex
    if stack() == "postgres":
        kind, address = "redis.RedisCache", os.environ["ASSAY_BROKER_URL"]
    settings.CACHES = {
        "default": {
            "BACKEND": f"django.core.cache.backends.{kind}",
            "LOCATION": address,
            "KEY_PREFIX": uuid4().hex,
        }
    }
    settings.ASSAY_RATE_READ, settings.ASSAY_RATE_WRITE = 3, 2
    monkeypatch.setattr(limits, "_now", lambda: NOON)


def test_reader_is_told_what_is_left_and_refused_after_that(client, monkeypatch):
    said = [client.get("/api/v1/boards") for _ in range(4)]
    assert [response.status_code for response in said] == [200, 200, 200, 429]
    assert {response["RateLimit-Policy"] for response in said} == {'"read";q=3;w=60'}
    left = [response["RateLimit"] for response in said]
    assert left == [f'"read";r={n};t=60' for n in (2, 1, 0, 0)]
    assert said[3].json()["code"] == "rate_limited"
    assert (said[3]["Retry-After"], said[2].has_header("Retry-After")) == ("60", False)
    monkeypatch.setattr(limits, "_now", lambda: NOON + 59)
    assert client.get("/api/v1/boards")["Retry-After"] == "1"
    monkeypatch.setattr(limits, "_now", lambda: NOON + 60)
    assert client.get("/api/v1/boards").status_code == 200


def test_writes_are_counted_apart_and_refused_ones_do_nothing(ana, wanted):
    assert ana.post("submissions/check", wanted)["RateLimit-Policy"] == '"write";q=2;w=60'
    assert ana.post("submissions", wanted | {"model": 3}).status_code == 422
    response = ana.post("submissions", wanted, Idempotency_Key="key")
    assert (response.status_code, response.json()["code"]) == (429, "rate_limited")
    assert ana.user.submissions.count() == 0
    assert ana.get("me").status_code == 200


def test_each_token_has_its_own_count(client, ana):
    for _ in range(3):
        ana.get("me")
    assert ana.get("me").status_code == 429
    assert make_person(client).get("me").status_code == 200
    assert client.get("/api/v1/boards").status_code == 200


def test_guessing_tokens_is_counted_by_address(client):
    headers = [{"Authorization": f"Bearer assay_{n}"} for n in range(4)]
    said = [client.get("/api/v1/me", headers=each).status_code for each in headers]
    assert said == [401, 401, 401, 429]


def test_pages_are_not_counted(client):
    assert [client.get("/queue/").status_code for _ in range(5)] == [200] * 5


def test_without_a_limit_nothing_is_told(client, settings):
    settings.ASSAY_RATE_READ = 0
    said = [client.get("/api/v1/boards") for _ in range(5)]
    assert {response.status_code for response in said} == {200}
    assert not said[0].has_header("RateLimit")


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "192.0.2.7"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "203.0.113.66, 203.0.113.9", "203.0.113.9"),
        (2, "203.0.113.66, 203.0.113.9, 198.51.100.1", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.7"),
        (1, "", "192.0.2.7"),
    ],
)
def test_reader_cannot_choose_an_address(settings, proxies, forwarded, address):
    settings.ASSAY_PROXIES = proxies
    request = RequestFactory().get(
        "/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR="192.0.2.7"
    )
    assert limits._who(request) == f"address:{address}"


def test_requests_at_once_are_all_counted(settings):
    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda _: limits._count("rate:test"), range(40)))
    assert sorted(counts) == list(range(1, 41))


def test_cache_that_is_away_limits_nobody(client, settings, caplog):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    assert [client.get("/api/v1/boards").status_code for _ in range(5)] == [200] * 5
    assert "nobody is limited" in caplog.text
