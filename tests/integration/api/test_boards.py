import pytest

from evaluations.models import BoardState
from tests import factories
from tests.history import rewriting
from tests.many import fill

pytestmark = pytest.mark.django_db


def test_boards_are_listed_with_results_first_and_drafts_last(client):
    factories.make_board("draft", draft=True, title="A")
    factories.make_board("empty", title="B")
    full = factories.make_board("full", title="C")
    factories.make_result(board=full)
    suite = full.suite
    items = client.get("/api/v1/boards").json()["items"]
    assert [item["slug"] for item in items] == ["full", "empty", "draft"]
    assert items[0] == {
        "slug": "full", "title": "C", "suite": f"{suite.name} v1", "draft": False, "results": 1,
    }  # fmt: skip
    assert items[2]["draft"] is True


@pytest.mark.parametrize("rows", [1, 3])
def test_boards_are_listed_in_two_queries(client, django_assert_num_queries, rows):
    for _ in range(rows):
        factories.make_result()
    with django_assert_num_queries(2):
        assert len(client.get("/api/v1/boards").json()["items"]) == rows


def test_no_boards_are_an_empty_list(client):
    assert client.get("/api/v1/boards").json() == {"items": []}


def test_board_is_described_with_its_benchmarks(client):
    board = factories.make_board("demo", benchmarks=("patterns",))
    data = client.get("/api/v1/boards/demo").json()
    assert (data["slug"], data["results"], data["suite_sha256"]) == ("demo", 0, board.suite.sha256)
    assert data["benchmarks"] == [
        {
            "name": "patterns", "title": "Patterns", "description": "", "task": "assay_patterns",
            "leaves": 1, "num_fewshot": 3, "metric": "acc", "metrics": ["acc"], "filter": "none",
            "baseline": 0.25, "aggregation": "mean", "normalised": False, "withheld": False,
            "languages": [], "licence": "cc0-1.0", "documents": 240,
        }
    ]  # fmt: skip


def test_standings_have_exactly_the_promised_shape(client):
    board = factories.make_board("demo", benchmarks=("patterns",))
    revision = factories.make_revision(factories.make_model("mti"))
    result = factories.make_result(board=board, revision=revision, value=0.5, stderr=None)
    assert client.get("/api/v1/boards/demo/standings").json() == {
        "board": "demo",
        "suite": f"{board.suite.name} v1",
        "changed_at": said(board.state.changed_at),
        "sections": [
            {
                "suite": f"{board.suite.name} v1", "lm_eval": "0.4.13", "engine": "hf on cpu",
                "precision": "float32", "results": 1,
            }
        ],
        "standings": [
            {
                "rank": 1,
                "rank_first": None,
                "rank_last": None,
                "section": 0,
                "model": "local:mti",
                "revision": revision.commit,
                "result": result.public_id,
                "score": 0.5,
                "stderr": None,
                "parameters": 1_234_567,
                "licence": "apache-2.0",
                "evidence": "once",
                "published_at": said(result.published_at),
                "benchmarks": {"patterns": {"value": 0.5, "stderr": None, "n": 240}},
            }
        ],
        "next": None,
    }  # fmt: skip


def said(moment):
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_standings_tell_the_range_of_ranks_once_it_is_computed(client):
    fill(factories.make_board("demo"), 4)
    rows = client.get("/api/v1/boards/demo/standings").json()["standings"]
    assert [(row["rank"], row["rank_first"], row["rank_last"]) for row in rows] == [
        (1, 1, 3), (2, 1, 4), (3, 1, 4), (4, 2, 4),
    ]  # fmt: skip
    BoardState.objects.update(version="other")
    rows = client.get("/api/v1/boards/demo/standings").json()["standings"]
    assert {(row["rank_first"], row["rank_last"]) for row in rows} == {(None, None)}


def test_standings_take_the_view_of_a_page(client):
    fill(factories.make_board("demo"), 30)
    query = "q=@type:chat&licence=mit&licence=none&sort=size&least=200M"
    rows = client.get(f"/api/v1/boards/demo/standings?{query}").json()["standings"]
    assert rows == client.get(f"/boards/demo.json?{query}").json()["standings"]
    assert {row["licence"] for row in rows} == {"mit", ""}
    sizes = [row["parameters"] for row in rows]
    assert sizes == sorted(sizes)
    assert sizes[0] >= 200_000_000


@pytest.mark.parametrize("rows", [1, 3])
def test_standings_take_nine_queries_and_three_once_they_are_kept(
    client, django_assert_num_queries, rows
):
    fill(factories.make_board("demo"), rows)
    for queries in (9, 3):
        with django_assert_num_queries(queries):
            client.get("/api/v1/boards/demo/standings")


def test_standings_leave_out_what_was_not_measured(client):
    result = factories.make_result(board=factories.make_board("demo"))
    with rewriting():
        result.scores.all().delete()
    row = client.get("/api/v1/boards/demo/standings").json()["standings"][0]
    assert row["benchmarks"] == {}


@pytest.mark.parametrize("path", ["", "/standings"])
def test_unknown_board_is_a_problem(client, path):
    response = client.get(f"/api/v1/boards/nothing{path}")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json() == {
        "type": "urn:assay:problem:board_not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no board 'nothing'.",
        "code": "board_not_found",
        "hint": "GET /api/v1/boards lists them.",
    }
