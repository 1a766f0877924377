import pytest

pytestmark = pytest.mark.django_db


def test_schema_lists_every_address(client):
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    assert sorted(paths) == [
        "/api/v1/benchmarks",
        "/api/v1/benchmarks/{benchmark}",
        "/api/v1/boards",
        "/api/v1/boards/{slug}",
        "/api/v1/boards/{slug}/standings",
        "/api/v1/log/checkpoint",
        "/api/v1/me",
        "/api/v1/models",
        "/api/v1/models/{org}/{name}",
        "/api/v1/results",
        "/api/v1/results/{result_id}",
        "/api/v1/results/{result_id}/bundle.tar",
        "/api/v1/results/{result_id}/config.yaml",
        "/api/v1/results/{result_id}/model.tar",
        "/api/v1/results/{result_id}/replications",
        "/api/v1/results/{result_id}/replications/{replication_id}",
        "/api/v1/results/{result_id}/replications/{replication_id}/bundle.tar",
        "/api/v1/results/{result_id}/requirements.lock",
        "/api/v1/results/{result_id}/samples",
        "/api/v1/results/{result_id}/samples/{task}",
        "/api/v1/results/{result_id}/samples/{task}.parquet",
        "/api/v1/results/{result_id}/statement.json",
        "/api/v1/submissions",
        "/api/v1/submissions/check",
        "/api/v1/submissions/{submission_id}",
        "/api/v1/submissions/{submission_id}/cancel",
        "/api/v1/submissions/{submission_id}/log",
        "/api/v1/submissions/{submission_id}/retry",
        "/api/v1/submissions/{submission_id}/withdraw",
    ]


def test_method_that_is_not_offered_is_refused(client):
    response = client.post("/api/v1/boards")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert (response["Allow"], response["Content-Type"]) == ("GET", "application/problem+json")


@pytest.mark.parametrize(
    "path",
    ["boards/a%00b", "results/a%00b", "submissions/a%00b", "models/a%00b/c", "benchmarks/%00", "x"],
)
def test_nul_in_an_address_is_not_found(client, path):
    response = client.get(f"/api/v1/{path}")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
