import pytest

from tests import factories
from tests.history import rewriting

pytestmark = pytest.mark.django_db
CONTENTS = {"a.json": b"{}", "b.bin": bytes(range(256)) * 8, "c.txt": b""}


@pytest.fixture
def result():
    revision = factories.make_revision(contents=CONTENTS)
    return factories.make_result(revision=revision, bundle=bytes(range(256)) * 20)


def get(client, result, name, **headers):
    address = f"/api/v1/results/{result.public_id}/{name}.tar"
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return client.get(address, headers=named)


@pytest.mark.parametrize("name", ["bundle", "model"])
@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("0-0", 0, 1), ("0-511", 0, 512), ("500-1030", 500, 1031), ("1000-", 1000, None),
        ("-10", -10, None), ("-99999999", 0, None), ("513-99999999", 513, None),
    ],
)  # fmt: skip
def test_part_of_a_download_is_sent(client, result, *, name, asked, start, end):
    whole = get(client, result, name).getvalue()
    response = get(client, result, name, Range=f"bytes={asked}")
    data = response.getvalue()
    first, last = range(len(whole))[start:end][0], range(len(whole))[start:end][-1]
    assert (response.status_code, data) == (206, whole[start:end])
    assert response["Content-Range"] == f"bytes {first}-{last}/{len(whole)}"
    assert response["Content-Length"] == str(len(data))
    assert response["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize("name", ["bundle", "model"])
@pytest.mark.parametrize("asked", ["99999999-", "99999999-100000000", "-0"])
def test_range_behind_the_end_is_refused(client, result, name, asked):
    size = len(get(client, result, name).getvalue())
    response = get(client, result, name, Range=f"bytes={asked}")
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{size}"
    assert response.json()["code"] == "range_not_satisfiable"
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-6", "lines=0-1", "bytes=-", "bytes=5-3", "bytes=x", "bytes=٣-٤", "0-1"]
)
def test_what_is_no_single_range_is_left_aside(client, result, asked):
    response = get(client, result, "bundle", Range=asked)
    assert (response.status_code, len(response.getvalue())) == (200, result.bundle_size)


def test_part_of_another_version_is_never_sent(client, result):
    asked = {"Range": "bytes=0-1", "If_Range": '"another"'}
    assert get(client, result, "bundle", **asked).status_code == 200
    asked["If_Range"] = f'"{result.bundle_sha256}"'
    assert get(client, result, "bundle", **asked).status_code == 206


def test_size_of_a_part_can_be_asked_for_alone(client, result):
    address = f"/api/v1/results/{result.public_id}/bundle.tar"
    response = client.head(address, headers={"Range": "bytes=0-9"})
    assert (response.status_code, response["Content-Length"]) == (206, "10")


@pytest.mark.parametrize(("name", "asked"), [("bundle", "0-1"), ("model", "512-513")])
def test_part_that_the_store_has_lost_is_a_problem(client, name, asked):
    revision = factories.make_revision()
    for file in revision.files:
        file["sha256"] = factories.digest("lost")
    with rewriting():
        revision.save()
    result = factories.make_result(revision=revision, bundle_sha256=factories.digest("lost"))
    response = get(client, result, name, Range=f"bytes={asked}")
    assert (response.status_code, response.json()["code"]) == (503, "artefact_missing")


def test_model_of_a_hub_is_not_sent_from_here(client):
    result = factories.make_result()
    model = result.revision.model
    model.source, model.name = "hf", "org/name"
    model.save()
    response = get(client, result, "model")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert client.get(f"/api/v1/results/{result.public_id}").json()["links"]["model"] is None
