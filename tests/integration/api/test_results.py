import hashlib
import io
import tarfile

import pytest

from tests import factories
from tests.history import rewriting

pytestmark = pytest.mark.django_db


def address(result, name=""):
    return f"/api/v1/results/{result.public_id}{name}"


def test_result_is_given_with_everything_pinned(client):
    board = factories.make_board("demo", benchmarks=("patterns",))
    factories.make_result(board=board, value=0.9)
    result = factories.make_result(board=board, value=0.5)
    data = client.get(address(result)).json()
    assert (data["id"], data["model"], data["revision"]) == (
        result.public_id, str(result.revision.model), result.revision.commit,
    )  # fmt: skip
    assert (data["rank"], data["score"], data["stderr"], data["signed"]) == (2, 0.5, 0.01, False)
    assert data["files"] == result.revision.files
    assert [(b["name"], b["value"], b["best"]) for b in data["benchmarks"]] == [
        ("patterns", 0.5, 0.9)
    ]
    pins = data["pins"]
    assert (pins["lm_eval"], pins["torch"], pins["seeds"]) == (
        "0.4.13",
        "2.13.0",
        [0, 1234, 1234, 1234],
    )
    assert pins["machine"]["threads"] == 8
    assert pins["tasks"][0]["documents_root"] == factories.digest("documents assay_patterns")
    for name in ("plan_sha256", "manifest_sha256", "bundle_sha256", "bundle_size"):
        assert data[name] == getattr(result, name)


def test_result_tells_what_its_run_took(client):
    result = factories.make_result(environment={"energy_method": "measured"})
    run = result.submission.run
    run.started_at, run.finished_at = factories.ago(90), factories.ago(30)
    run.busy_seconds, run.energy_joules, run.isolation = 7000, 3600, "none"
    run.save()
    effort = client.get(address(result)).json()["effort"]
    assert effort.pop("wall_seconds") == pytest.approx(3600, abs=1)
    assert effort.pop("started") < effort.pop("finished")
    assert effort == {
        "worker_seconds": 7000,
        "energy_joules": 3600,
        "energy_watt_hours": 1,
        "energy_method": "measured",
        "isolation": "none",
    }


def test_result_of_which_nothing_was_recorded_tells_null(client):
    effort = client.get(address(factories.make_result())).json()["effort"]
    assert effort == dict.fromkeys(effort) | {"energy_method": "", "isolation": ""}


def test_links_of_a_result_lead_somewhere(client):
    result = factories.make_result()
    links = client.get(address(result)).json()["links"]
    assert sorted(links) == [
        "board", "bundle", "config", "files", "model", "page", "statement", "submission",
    ]  # fmt: skip
    assert links.pop("statement") is None
    for name, link in links.items():
        assert client.get(link.removeprefix("http://testserver")).status_code == 200, name


def test_config_is_given_exactly_as_stored(client):
    result = factories.make_result(config="model: hf\n# é\r\n")
    response = client.get(address(result, "/config.yaml"))
    assert response.content == "model: hf\n# é\r\n".encode()
    assert response["Content-Type"] == "text/yaml; charset=utf-8"


def test_bundle_is_sent_as_it_lies_in_the_store(client):
    data = bytes(range(256)) * 20_000
    result = factories.make_result(bundle=data)
    response = client.get(address(result, "/bundle.tar"))
    assert response.streaming
    assert response.getvalue() == data
    assert response["Content-Length"] == str(len(data))
    assert response["ETag"] == f'"{hashlib.sha256(data).hexdigest()}"'
    assert response["Content-Type"] == "application/x-tar"
    assert result.public_id in response["Content-Disposition"]
    assert "immutable" in response["Cache-Control"]


def test_bundle_that_the_reader_has_is_not_sent_again(client):
    result = factories.make_result()
    known = {"If-None-Match": f'"{result.bundle_sha256}"'}
    response = client.get(address(result, "/bundle.tar"), headers=known)
    assert (response.status_code, response.content) == (304, b"")
    assert response["ETag"] == f'"{result.bundle_sha256}"'
    other = {"If-None-Match": '"another"'}
    assert client.get(address(result, "/bundle.tar"), headers=other).status_code == 200


@pytest.mark.parametrize("name", ["bundle", "model"])
def test_size_of_a_download_can_be_asked_for_alone(client, name):
    result = factories.make_result()
    response = client.head(address(result, f"/{name}.tar"))
    whole = client.get(address(result, f"/{name}.tar"))
    assert (response.status_code, response.streaming) == (200, False)
    assert response["Content-Length"] == whole["Content-Length"] == str(len(whole.getvalue()))


def test_bundle_that_the_store_has_lost_is_a_problem(client):
    result = factories.make_result(bundle_sha256=factories.digest("lost"))
    response = client.get(address(result, "/bundle.tar"))
    assert (response.status_code, response.json()["code"]) == (503, "artefact_missing")


def test_model_unpacks_to_the_folder_model(client):
    contents = {"config.json": b"{}", "model.safetensors": b"weights" * 1000, "README.md": b""}
    result = factories.make_result(revision=factories.make_revision(contents=contents))
    response = client.get(address(result, "/model.tar"))
    data = response.getvalue()
    assert response["Content-Length"] == str(len(data))
    assert response["ETag"] == f'"{result.revision.commit}"'
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        found = {member.name: data[member.offset_data :][: member.size] for member in tar}
    assert found == {f"model/{path}": body for path, body in contents.items()}
    assert data == client.get(address(result, "/model.tar")).getvalue()


def test_model_with_a_long_path_has_the_promised_length(client):
    revision = factories.make_revision(contents={f"{'é' * 120}.json": b"{}"})
    response = client.get(address(factories.make_result(revision=revision), "/model.tar"))
    assert response["Content-Length"] == str(len(response.getvalue()))


@pytest.mark.parametrize("licence", ["llama3", "openrail", ""])
@pytest.mark.parametrize("method", ["get", "head"])
def test_model_whose_licence_forbids_it_is_not_handed_on(client, licence, method):
    result = factories.make_result(revision=factories.make_revision(licence=licence))
    response = getattr(client, method)(address(result, "/model.tar"))
    assert response.status_code == 403
    if method == "get":
        assert response.json()["code"] == "licence_forbids"
        assert client.get(address(result)).json()["links"]["model"] is None


def test_model_that_the_store_has_lost_is_a_problem(client):
    revision = factories.make_revision()
    for file in revision.files:
        file["sha256"] = factories.digest("lost")
    with rewriting():
        revision.save()
    response = client.get(address(factories.make_result(revision=revision), "/model.tar"))
    assert (response.status_code, response.json()["code"]) == (503, "artefact_missing")


@pytest.mark.parametrize("name", ["", "/config.yaml", "/bundle.tar", "/model.tar"])
def test_unknown_result_is_a_problem(client, name):
    response = client.get(f"/api/v1/results/0000000000{name}")
    assert (response.status_code, response.json()["code"]) == (404, "result_not_found")
    assert response["Content-Type"] == "application/problem+json"
