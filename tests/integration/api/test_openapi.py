import pytest

pytestmark = pytest.mark.django_db


def test_schema_lists_every_address(client):
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    assert sorted(paths) == [
        "/api/v1/boards",
        "/api/v1/boards/{slug}",
        "/api/v1/boards/{slug}/standings",
        "/api/v1/results/{result_id}",
        "/api/v1/results/{result_id}/bundle.tar",
        "/api/v1/results/{result_id}/config.yaml",
        "/api/v1/results/{result_id}/model.tar",
        "/api/v1/submissions/{submission_id}",
        "/api/v1/submissions/{submission_id}/log",
    ]


def test_method_that_is_not_offered_is_refused(client):
    assert client.post("/api/v1/boards").status_code == 405


@pytest.mark.parametrize("path", ["boards/a%00b", "results/a%00b", "submissions/a%00b"])
def test_nul_in_an_address_is_not_found(client, path):
    response = client.get(f"/api/v1/{path}")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
