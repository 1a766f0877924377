import re

import pytest

from evaluations.services.withdrawal import withdraw
from tests import factories
from tests.integration.api.conftest import make_person

pytestmark = pytest.mark.django_db


def walk(client, address, key="items"):
    """Follow `next` to the end, and see that `Link` says the same."""
    rows, query = [], ""
    while True:
        response = client.get(f"{address}{query}")
        assert response.status_code == 200, response.content
        data = response.json()
        rows.append(data[key])
        if data["next"] is None:
            assert not response.has_header("Link")
            return rows
        (link,) = re.findall(r'^<http://testserver(.+)>; rel="next"$', response["Link"])
        assert client.get(link).status_code == 200
        query = f"{'&' if '?' in address else '?'}cursor={data['next']}"


def make_rows(kind, count):
    board = factories.make_board("demo")
    return [getattr(factories, f"make_{kind}")(board=board) for _ in range(count)]


@pytest.mark.parametrize(("path", "kind"), [("submissions", "submission"), ("results", "result")])
def test_list_comes_in_pieces_the_newest_first(client, path, kind):
    made = make_rows(kind, 5)
    pieces = walk(client, f"/api/v1/{path}?limit=2")
    assert [len(piece) for piece in pieces] == [2, 2, 1]
    found = [row["id"] for piece in pieces for row in piece]
    assert found == [row.public_id for row in reversed(made)]


def test_row_that_comes_in_between_shifts_nothing(client):
    made = make_rows("submission", 3)
    first = client.get("/api/v1/submissions?limit=2").json()
    factories.make_submission()
    rest = client.get(f"/api/v1/submissions?limit=2&cursor={first['next']}").json()
    assert [row["id"] for row in rest["items"]] == [made[0].public_id]


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("path", "kind", "queries"),
    [("submissions", "submission", 8), ("results", "result", 1), ("models", "result", 2)],
)
def test_list_takes_as_many_queries_however_long(
    client, django_assert_num_queries, *, rows, path, kind, queries
):
    make_rows(kind, rows)
    with django_assert_num_queries(queries):
        assert len(client.get(f"/api/v1/{path}").json()["items"]) == rows


def test_submissions_are_found_by_state_board_model_and_person(client):
    ana = make_person(client, "ana")
    mine = factories.make_submission(by=ana.user, board=factories.make_board("demo"))
    other = factories.make_submission(state="failed")
    ids = {"mine": mine.public_id, "other": other.public_id}
    for query, found in {
        "": ["other", "mine"],
        "state=failed": ["other"],
        "state=running": [],
        "board=demo": ["mine"],
        "board=none": [],
        f"model={mine.revision.model}": ["mine"],
        f"model={mine.revision.model.name}": [],
        "mine=1": ["mine"],
        "mine=1&state=failed": [],
        "mine=0": ["other", "mine"],
    }.items():
        items = ana.get(f"submissions?{query}").json()["items"]
        assert [row["id"] for row in items] == [ids[name] for name in found], query


def test_list_tells_each_place_and_progress(client):
    waiting = [factories.make_submission() for _ in range(2)]
    running = factories.make_submission(state="running")
    factories.make_unit(running.run, "task_a", answered=40)
    items = {row["id"]: row for row in client.get("/api/v1/submissions").json()["items"]}
    assert [items[s.public_id]["position"] for s in [*waiting, running]] == [1, 2, None]
    assert items[running.public_id]["progress"]["answered"] == 40
    assert items[waiting[0].public_id]["progress"]["tasks"] == []
    for one in (*waiting, running):
        assert client.get(f"/api/v1/submissions/{one.public_id}").json() == items[one.public_id]


def test_results_are_found_by_board_and_model(client):
    made = factories.make_result(board=factories.make_board("demo"))
    factories.make_result()
    for query in ("board=demo", f"model={made.revision.model}"):
        assert [row["id"] for row in client.get(f"/api/v1/results?{query}").json()["items"]] == [
            made.public_id
        ]


def test_standings_come_in_pieces_in_any_order(client):
    board = factories.make_board("demo")
    for value in (0.1, 0.5, 0.5, 0.9, 0.3):
        factories.make_result(board=board, value=value)
    whole = client.get("/api/v1/boards/demo/standings?sort=model").json()
    assert whole["next"] is None
    pieces = walk(client, "/api/v1/boards/demo/standings?sort=model&limit=2", "standings")
    assert [len(piece) for piece in pieces] == [2, 2, 1]
    assert [row for piece in pieces for row in piece] == whole["standings"]


def test_standings_after_a_row_that_was_withdrawn_must_be_begun_again(client):
    rows = make_rows("result", 3)
    first = client.get("/api/v1/boards/demo/standings?limit=1").json()
    withdraw(submission=rows[0].submission, by="operator")
    response = client.get(f"/api/v1/boards/demo/standings?limit=1&cursor={first['next']}")
    assert (response.status_code, response.json()["code"]) == (422, "cursor_invalid")


@pytest.mark.parametrize("path", ["submissions", "results", "models", "boards/demo/standings"])
@pytest.mark.parametrize("cursor", ["x", "e30.x", "12", "%F0%9F", "x" * 400])
def test_forged_cursor_is_refused(client, path, cursor):
    make_rows("result", 1)
    response = client.get(f"/api/v1/{path}?cursor={cursor}")
    assert (response.status_code, response.json()["code"]) == (422, "cursor_invalid")
    assert response["Content-Type"] == "application/problem+json"


def test_cursor_holds_for_its_own_list_and_filters_only(client):
    make_rows("result", 3)
    cursor = client.get("/api/v1/results?limit=1").json()["next"]
    for other in ("results?board=demo&limit=1", "submissions?limit=1", "models?limit=1"):
        assert client.get(f"/api/v1/{other}&cursor={cursor}").status_code == 422
    assert client.get(f"/api/v1/results?limit=2&cursor={cursor}").status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "submissions?limit=0", "submissions?limit=x", "submissions?limit=201",
        "submissions?state=lost", "submissions?board=a%00b", "submissions?model=%00",
        "submissions?cursor=%00", "results?model=a%00b", "models?q=%00", "models?limit=-1",
        "boards/demo/standings?limit=1001", "boards/demo/standings?q=%00", "submissions?mine=x",
    ],
)  # fmt: skip
def test_question_that_makes_no_sense_is_refused(client, query):
    factories.make_board("demo")
    response = client.get(f"/api/v1/{query}")
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
