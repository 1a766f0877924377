import pytest

from evaluations.models import LanguageModel
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def hub_model():
    return LanguageModel.objects.create(source="hf", name="org/name")


def names(response):
    return [row["name"] for row in response.json()["items"]]


def test_models_are_found_by_a_part_of_the_name(client, hub_model):
    factories.make_model("Mti")
    factories.make_model("100%_sure")
    for query, found in {
        "": ["local:100%_sure", "local:Mti", "hf:org/name"],
        "?q=mti": ["local:Mti"],
        "?q=ORG": ["hf:org/name"],
        "?q=local:": ["local:100%_sure", "local:Mti"],
        "?q=hf:org/n": ["hf:org/name"],
        "?q=%25_": ["local:100%_sure"],
        "?q=none": [],
    }.items():
        assert names(client.get(f"/api/v1/models{query}")) == found, query


def test_model_tells_its_revisions_and_results(client):
    result = factories.make_result(revision=factories.make_revision(factories.make_model("mti")))
    data = client.get("/api/v1/models/local/mti").json()
    created = data["revisions"][0].pop("created_at")
    assert created
    revision = result.revision
    assert (data["name"], data["url"]) == ("local:mti", "http://testserver/models/local/mti/")
    assert data["revisions"] == [
        {
            "commit": revision.commit, "licence": "apache-2.0",
            "architecture": "LlamaForCausalLM", "parameters": 1_234_567,
            "size": revision.size, "has_chat_template": False,
        }
    ]  # fmt: skip
    assert [(row["id"], row["withdrawn"]) for row in data["results"]] == [(result.public_id, False)]


def test_hub_model_is_found_by_its_organisation(client, hub_model):
    factories.make_revision(hub_model)
    data = client.get("/api/v1/models/org/name").json()
    assert (data["name"], data["url"]) == ("hf:org/name", "http://testserver/models/org/name/")


@pytest.mark.parametrize("path", ["local/org", "org/mti", "x/y", "%ff/%fe"])
def test_unknown_model_is_a_problem(client, hub_model, path):
    factories.make_model("mti")
    response = client.get(f"/api/v1/models/{path}")
    assert (response.status_code, response.json()["code"]) == (404, "model_not_found")


def test_benchmark_is_told_once_for_each_version_of_a_suite(client):
    first = factories.make_suite(name="words")
    second = factories.make_suite(name="words", version=2, draft=True)
    for suite in (first, second):
        board = factories.make_board(f"board-{suite.version}", suite=suite, benchmarks=("sums",))
        assert board.suite == suite
    factories.make_benchmark(
        second, "pair", metrics=["acc", "f1"], num_fewshot=None, withheld=True, normalised=True
    )
    items = client.get("/api/v1/benchmarks/sums").json()["items"]
    assert [(row["suite"], row["draft"], row["boards"]) for row in items] == [
        ("words v2", True, ["board-2"]),
        ("words v1", False, ["board-1"]),
    ]
    (pair,) = client.get("/api/v1/benchmarks/pair").json()["items"]
    assert (pair["metrics"], pair["metric"], pair["num_fewshot"]) == (
        ["acc", "f1"], "acc and f1", None,
    )  # fmt: skip
    assert (pair["withheld"], pair["normalised"], pair["aggregation"]) == (True, True, "mean")
    assert names(client.get("/api/v1/benchmarks")) == ["pair", "sums", "sums"]


def test_unknown_benchmark_is_a_problem(client):
    response = client.get("/api/v1/benchmarks/nothing")
    assert (response.status_code, response.json()["code"]) == (404, "benchmark_not_found")


@pytest.mark.parametrize("suites", [1, 3])
def test_benchmarks_are_listed_in_two_queries(client, django_assert_num_queries, suites):
    for _ in range(suites):
        factories.make_board()
    with django_assert_num_queries(2):
        assert len(client.get("/api/v1/benchmarks").json()["items"]) == 2 * suites
