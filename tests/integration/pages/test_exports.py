import csv
import io
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from pyarrow import parquet

from tests import factories
from tests.history import rewriting
from tests.many import fill

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def board():
    board = factories.make_board("demo")
    for value in (0.5, 0.7, 0.2):
        factories.make_result(board=board, value=value)
    with rewriting():
        board.results.get(value=0.2).scores.filter(benchmark__name="patterns").delete()
        board.results.filter(value=0.2).update(stderr=None)
    return board


FIXED = [
    "rank", "rank_first", "rank_last", "section", "model", "revision", "result", "score", "stderr",
    "parameters", "licence", "evidence", "published_at",
]  # fmt: skip
MEASURED = [
    f"{name}{suffix}" for name in ("patterns", "sums") for suffix in ("", "_stderr", "_n")
]  # fmt: skip
VIEWS = ["", "?sort=model", "?order=asc&sort=sums", "?q=zzz", "?page=2&per=25", "?least=2M"]


def flattened(row):
    cells = [row[name] for name in FIXED]
    for name in ("patterns", "sums"):
        cell = row["benchmarks"].get(name, {})
        cells += [cell.get("value"), cell.get("stderr"), cell.get("n")]
    # A moment is written with Z by one and with +00:00 by the other.
    cells[FIXED.index("published_at")] = datetime.fromisoformat(row["published_at"])
    return cells


def read_csv(data: bytes) -> tuple[list[str], list[list[Any]]]:
    header, *read = csv.reader(io.StringIO(data.decode()))
    rows: list[list[Any]] = [[*row] for row in read]
    moment = FIXED.index("published_at")
    for row in rows:
        row[moment] = datetime.fromisoformat(row[moment])
    return header, rows


def read_parquet(data):
    table = parquet.read_table(io.BytesIO(data))
    rows = [list(row.values()) for row in table.to_pylist()]
    for row in rows:
        row[FIXED.index("published_at")] = datetime.fromisoformat(row[FIXED.index("published_at")])
    return table, rows


@pytest.mark.parametrize("query", VIEWS)
def test_all_formats_hold_the_rows_of_the_api(client, board, query):
    data = client.get(f"/api/v1/boards/demo/standings{query}").json()
    assert data.pop("next") is None
    assert client.get(f"/boards/demo.json{query}").json() == data
    expected = [flattened(row) for row in data["standings"]]
    assert len(expected) == (0 if "zzz" in query or "least" in query else 3)

    header, rows = read_csv(client.get(f"/boards/demo.csv{query}").content)
    assert header == [*FIXED, *MEASURED]
    written = [["" if v is None else v if isinstance(v, datetime) else str(v) for v in row]
               for row in expected]  # fmt: skip
    assert rows == written

    table, rows = read_parquet(client.get(f"/boards/demo.parquet{query}").content)
    assert table.column_names == [*FIXED, *MEASURED]
    assert rows == expected
    assert table.schema.metadata == {b"board": b"demo", b"suite": str(board.suite).encode()}

    entries = entries_of(client.get(f"/boards/demo.atom{query}").content)
    assert sorted(text(entry, "id") for entry in entries) == sorted(
        f"http://testserver/results/{row['result']}/" for row in data["standings"]
    )


def test_parquet_has_its_types_without_rows(client, board):
    full, _ = read_parquet(client.get("/boards/demo.parquet").content)
    empty, rows = read_parquet(client.get("/boards/demo.parquet?q=zzz").content)
    assert rows == []
    assert empty.schema.types == full.schema.types


def parsed(feed):
    return ElementTree.fromstring(feed)  # noqa: S314  our own feed


def entries_of(feed):
    return parsed(feed).findall(f"{ATOM}entry")


def text(element, name):
    return element.findtext(f"{ATOM}{name}")


@pytest.mark.parametrize("name", ["<b>&amp;]]>", "نموذج", "x" * 200, "a\"b'c&d", "\u202egnp"])
def test_feed_is_xml_whatever_a_model_is_called(client, name):
    board = factories.make_board("demo", title="Small & <b>hard</b>")
    revision = factories.make_revision(factories.make_model(name))
    result = factories.make_result(board=board, revision=revision, value=0.512)
    response = client.get("/boards/demo.atom")
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = parsed(response.content)
    assert (text(feed, "title"), text(feed, "id")) == (
        "Small & <b>hard</b>", "http://testserver/boards/demo/",
    )  # fmt: skip
    (entry,) = entries_of(response.content)
    assert text(entry, "title") == f"local:{name}: 51.2"
    assert text(entry, "id") == f"http://testserver/results/{result.public_id}/"
    assert datetime.fromisoformat(text(entry, "updated")) == result.published_at
    assert text(entry, "summary") == f"Rank 1 to 1, {revision.commit[:12]}"


def test_feed_holds_the_newest_results_first_and_no_more_than_fifty(client):
    board = fill(factories.make_board("demo", benchmarks=()), 52)
    newest = factories.make_result(board=board, value=0.001)
    entries = entries_of(client.get("/boards/demo.atom").content)
    assert len(entries) == 50
    assert newest.public_id in text(entries[0], "id")


def test_feed_without_entries_is_dated_by_its_board(client, board):
    changed_at = board.state.changed_at
    feeds = [client.get("/boards/demo.atom?q=zzz").content for _ in range(2)]
    assert feeds[0] == feeds[1]
    assert datetime.fromisoformat(text(parsed(feeds[0]), "updated")) == changed_at


def test_feed_of_a_board_without_results_is_well_formed(client):
    factories.make_board("demo")
    assert entries_of(client.get("/boards/demo.atom").content) == []


@pytest.mark.parametrize(
    ("kind", "how", "mime"),
    [
        ("csv", "attachment", "text/csv; charset=utf-8"),
        ("parquet", "attachment", "application/vnd.apache.parquet"),
        ("json", "inline", "application/json"),
        ("atom", "inline", "application/atom+xml; charset=utf-8"),
    ],
)
def test_export_is_named_after_the_board(client, board, kind, how, mime):
    response = client.get(f"/boards/demo.{kind}")
    assert response["Content-Type"] == mime
    assert response["Content-Disposition"] == f'{how}; filename="demo.{kind}"'


def test_csv_disarms_a_column_that_looks_like_a_formula(client):
    board = factories.make_board("demo", benchmarks=("-patterns",))
    factories.make_result(board=board)
    assert "'-patterns" in client.get("/boards/demo.csv").content.decode()


KINDS = ["json", "csv", "parquet", "atom"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rows", [1, 3])
def test_export_takes_as_many_queries_as_the_page(client, django_assert_num_queries, kind, rows):
    board = factories.make_board("demo")
    for _ in range(rows):
        factories.make_result(board=board)
    with django_assert_num_queries(8):
        client.get(f"/boards/demo.{kind}")


@pytest.mark.parametrize("kind", KINDS)
def test_export_of_an_unknown_board_is_not_found(client, kind):
    assert client.get(f"/boards/nothing.{kind}").status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_page_links_to_exports_of_the_same_view(client, board, kind):
    page = client.get("/boards/demo/?q=model&sort=sums&order=asc&page=1").content.decode()
    assert f'href="/boards/demo.{kind}?q=model&amp;sort=sums&amp;order=asc"' in page
