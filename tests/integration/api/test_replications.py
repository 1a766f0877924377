from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from evaluations.models import Replication, Result
from tests import factories
from tests.bundles import make_tar
from tests.integration.api.conftest import Person, make_person
from tests.replications import original, replicate

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(tmp_path: Path) -> tuple[Result, bytes]:
    """A result, and an honest replication of it."""
    made, bundle = original(tmp_path / "first")
    result = factories.make_result(bundle=make_tar(tmp_path / "first"))
    return result, replicate(tmp_path / "again", bundle, made.rows).read_bytes()


def post(person: Person, result: str, body: bytes, **headers: str) -> Any:
    return person.client.post(
        f"/api/v1/results/{result}/replications", body,
        content_type="application/octet-stream", headers=person.headers(headers),
    )  # fmt: skip


def code(response: Any) -> tuple[int, str]:
    assert response["Content-Type"] == "application/problem+json"
    return response.status_code, response.json()["code"]


def test_replication_is_taken_listed_and_downloaded(
    ana: Person, sent: tuple[Result, bytes], client: Client
) -> None:
    result, body = sent
    response = post(ana, result.public_id, body)
    made = response.json()
    assert response.status_code == 201, made
    assert (made["verdict"], made["documents"], made["by"]) == ("R0", None, "ana")
    assert made["url"].endswith(response["Location"])
    assert client.get(response["Location"]).json() == made
    assert made["comparison"]["verdict"] == made["statement"]["predicate"]["verdict"] == "R0"
    listed = client.get(f"/api/v1/results/{result.public_id}/replications").json()
    assert listed["next"] is None
    [item] = listed["items"]
    assert item == {key: made[key] for key in item}
    archive: Any = client.get(made["bundle"])
    assert b"".join(archive.streaming_content) == body


def test_same_replication_again_is_not_new(ana: Person, sent: tuple[Result, bytes]) -> None:
    result, body = sent
    made = post(ana, result.public_id, body).json()
    again = post(ana, result.public_id, body)
    assert (again.status_code, again.json()["id"]) == (200, made["id"])
    assert Replication.objects.count() == 1


def test_body_is_larger_than_other_requests_may_be(ana: Person, sent: tuple[Result, bytes]) -> None:
    """A key for repetition doesn't have it read into memory either."""
    result, _ = sent
    response = post(ana, result.public_id, b"x" * 500_000, Idempotency_Key="a")
    assert code(response) == (422, "replication_invalid")


def test_more_than_the_limit_is_refused_unread(ana: Person, sent: tuple[Result, bytes]) -> None:
    response = ana.client.post(
        f"/api/v1/results/{sent[0].public_id}/replications", b"x",
        content_type="application/octet-stream", headers=ana.headers({}),
        CONTENT_LENGTH=str(200 * 10**6 + 1),
    )  # fmt: skip
    assert code(response) == (413, "request_too_large")


def test_longer_body_than_the_limit_is_not_kept(
    ana: Person, sent: tuple[Result, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leaderboard.api.replications.MOST_BYTES", 100)
    response = post(ana, sent[0].public_id, sent[1])
    assert code(response) == (413, "request_too_large")


@pytest.mark.parametrize("body", [b"", b"no tar at all" * 100])
def test_what_is_no_replication_is_refused(
    ana: Person, sent: tuple[Result, bytes], body: bytes
) -> None:
    assert code(post(ana, sent[0].public_id, body)) == (422, "replication_invalid")


def test_token_must_be_there_and_may_submit(client: Client, sent: tuple[Result, bytes]) -> None:
    result, body = sent
    address = f"/api/v1/results/{result.public_id}/replications"
    nobody = client.post(address, body, content_type="application/octet-stream")
    assert code(nobody) == (401, "token_required")
    reader = make_person(client, "eve", scopes=("read",))
    assert code(post(reader, result.public_id, body)) == (403, "scope_missing")


def test_replications_are_counted_as_writes(
    ana: Person, sent: tuple[Result, bytes], settings: Any
) -> None:
    settings.ASSAY_RATE_WRITE = 1
    result, body = sent
    assert post(ana, result.public_id, body).status_code == 201
    assert code(post(ana, result.public_id, body)) == (429, "rate_limited")


def test_unknown_result_and_replication_are_not_found(ana: Person, client: Client) -> None:
    assert code(post(ana, "0000000000", b"x")) == (404, "result_not_found")
    result, other = factories.make_result(), factories.make_replication(factories.make_result())
    address = f"/api/v1/results/{result.public_id}/replications/{other.public_id}"
    assert code(client.get(address)) == (404, "replication_not_found")
    assert code(client.get(f"{address}/bundle.tar")) == (404, "replication_not_found")


@pytest.mark.parametrize("count", [1, 3])
def test_list_takes_as_many_queries_for_any_number(
    client: Client, django_assert_num_queries: Any, count: int
) -> None:
    result = factories.make_result()
    for _ in range(count):
        factories.make_replication(result)
    with django_assert_num_queries(2):
        told = client.get(f"/api/v1/results/{result.public_id}/replications").json()
    assert len(told["items"]) == count


def test_list_comes_in_pieces(client: Client) -> None:
    result = factories.make_result()
    made = [factories.make_replication(result).public_id for _ in range(3)]
    address = f"/api/v1/results/{result.public_id}/replications?limit=2"
    one = client.get(address).json()
    other = client.get(f"{address}&cursor={one['next']}").json()
    assert [item["id"] for item in one["items"] + other["items"]] == made[::-1]
