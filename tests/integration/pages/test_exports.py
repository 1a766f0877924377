import csv
import io

import pytest

from tests import factories
from tests.history import rewriting

pytestmark = pytest.mark.django_db


@pytest.fixture
def board():
    board = factories.make_board("demo")
    for value in (0.5, 0.7, 0.2):
        factories.make_result(board=board, value=value)
    with rewriting():
        board.results.get(value=0.2).scores.filter(benchmark__name="patterns").delete()
        board.results.filter(value=0.2).update(stderr=None)
    return board


def flattened(row, names):
    cells = [row["rank"], row["model"], row["revision"], row["result"], row["score"], row["stderr"]]
    for name in names:
        cell = row["benchmarks"].get(name, {})
        cells += [cell.get("value"), cell.get("stderr"), cell.get("n")]
    return ["" if cell is None else str(cell) for cell in cells]


@pytest.mark.parametrize("query", ["", "?sort=model", "?order=asc&sort=sums", "?q=zzz", "?page=2"])
def test_json_and_csv_hold_the_rows_of_the_api(client, board, query):
    data = client.get(f"/api/v1/boards/demo/standings{query}").json()
    assert data.pop("next") is None
    assert client.get(f"/boards/demo.json{query}").json() == data
    header, *rows = csv.reader(io.StringIO(client.get(f"/boards/demo.csv{query}").content.decode()))
    assert header == [
        "rank", "model", "revision", "result", "score", "stderr",
        "patterns", "patterns_stderr", "patterns_n", "sums", "sums_stderr", "sums_n",
    ]  # fmt: skip
    assert rows == [flattened(row, ["patterns", "sums"]) for row in data["standings"]]
    assert len(rows) == (0 if "zzz" in query else 3)


def test_csv_is_a_download_named_after_the_board(client, board):
    response = client.get("/boards/demo.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="demo.csv"'


def test_json_names_its_file(client, board):
    assert client.get("/boards/demo.json")["Content-Disposition"] == 'inline; filename="demo.json"'


def test_csv_disarms_a_column_that_looks_like_a_formula(client):
    board = factories.make_board("demo", benchmarks=("-patterns",))
    factories.make_result(board=board)
    assert "'-patterns" in client.get("/boards/demo.csv").content.decode()


@pytest.mark.parametrize("kind", ["json", "csv"])
@pytest.mark.parametrize("rows", [1, 3])
def test_export_takes_four_queries(client, django_assert_num_queries, kind, rows):
    board = factories.make_board("demo")
    for _ in range(rows):
        factories.make_result(board=board)
    with django_assert_num_queries(4):
        client.get(f"/boards/demo.{kind}")


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_export_of_an_unknown_board_is_not_found(client, kind):
    assert client.get(f"/boards/nothing.{kind}").status_code == 404


def test_page_links_to_exports_of_the_same_view(client, board):
    page = client.get("/boards/demo/?q=model&sort=sums&order=asc&page=1").content.decode()
    assert 'href="/boards/demo.csv?q=model&amp;sort=sums&amp;order=asc"' in page
