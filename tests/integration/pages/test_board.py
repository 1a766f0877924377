import re

import pytest

from tests import factories
from tests.history import rewriting

pytestmark = pytest.mark.django_db


def make_results(board, *values):
    return [factories.make_result(board=board, value=value) for value in values]


def names(response):
    return [str(row.result.revision.model) for row in response.context["page"]]


@pytest.mark.parametrize("rows", [1, 3])
def test_board_is_shown_in_four_queries(client, django_assert_num_queries, rows):
    board = factories.make_board("demo")
    make_results(board, *(0.1 * number for number in range(1, rows + 1)))
    with django_assert_num_queries(4):
        page = client.get("/boards/demo/").content.decode()
    assert page.count('<td role="cell" class="rk">') == rows


def test_board_shows_rank_model_score_interval_and_each_benchmark(client):
    board = factories.make_board("demo", benchmarks=("patterns", "sums"))
    result = factories.make_result(board=board, value=0.512, stderr=0.0051)
    with rewriting():
        result.scores.filter(benchmark__name="patterns").update(value=0.25, stderr=0.01)
        result.scores.filter(benchmark__name="sums").delete()
    page = client.get("/boards/demo/").content.decode()
    assert result.revision.model.name in page
    assert '51.2 <i class="pm">±1.0</i>' in page
    assert '25.0 <i class="pm">±2.0</i>' in page
    assert '—<span class="vh">not measured</span>' in page
    assert "n 240" in page
    assert "run here once, not signed" in page
    assert "<caption" in page


def test_board_says_where_fewer_documents_were_scored(client):
    board = factories.make_board("demo", benchmarks=("patterns",))
    result = factories.make_result(board=board)
    with rewriting():
        result.scores.update(n=10)
    assert "<small>n 10</small>" in client.get("/boards/demo/").content.decode()


def test_board_gives_equal_scores_the_same_rank(client):
    board = factories.make_board("demo")
    make_results(board, 0.5, 0.7, 0.5, 0.2)
    response = client.get("/boards/demo/")
    assert [row.rank for row in response.context["page"]] == [1, 2, 2, 4]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["c", "a", "b"]),
        ("?sort=score&order=asc", ["b", "a", "c"]),
        ("?sort=model", ["a", "b", "c"]),
        ("?sort=model&order=desc", ["c", "b", "a"]),
        ("?sort=sums&order=desc", ["b", "c", "a"]),
        ("?sort=sums&order=asc", ["c", "b", "a"]),
        ("?sort=nothing&order=nowhere", ["c", "a", "b"]),
        ("?q=A", ["a"]),
    ],
)
def test_board_is_sorted_and_searched_on_the_server(client, query, expected):
    board = factories.make_board("demo", benchmarks=("sums",))
    for name, value, sums in (("a", 0.5, None), ("b", 0.2, 0.9), ("c", 0.7, 0.1)):
        revision = factories.make_revision(factories.make_model(f"{name}-x"))
        result = factories.make_result(board=board, revision=revision, value=value)
        with rewriting():
            if sums is None:
                result.scores.all().delete()
            result.scores.update(value=sums)
    query = query.replace("?q=A", "?q=A-X")
    assert names(client.get(f"/boards/demo/{query}")) == [f"local:{name}-x" for name in expected]


@pytest.mark.parametrize(
    ("query", "column", "direction"),
    [
        ("", "Score", "descending"),
        ("?sort=sums&order=asc", "Sums", "ascending"),
        ("?sort=model", "Model", "ascending"),
        ("?sort=nothing", "Score", "descending"),
    ],
)
def test_board_marks_one_sorted_column(client, query, column, direction):
    board = factories.make_board("demo")
    make_results(board, 0.5)
    page = client.get(f"/boards/demo/{query}").content.decode()
    headings = re.findall(r"<th[^>]*aria-sort=\"(\w+)\"[^>]*>\s*<a[^>]*>([^<]+)", page)
    assert [(title.strip(), found) for found, title in headings] == [(column, direction)]


def test_board_keeps_ranks_of_the_whole_board_when_searched(client):
    board = factories.make_board("demo")
    make_results(board, 0.9, 0.8)
    last = factories.make_result(
        board=board, value=0.1, revision=factories.make_revision(factories.make_model("needle"))
    )
    rows = client.get("/boards/demo/?q=needle").context["page"].object_list
    assert [(row.result, row.rank) for row in rows] == [(last, 3)]


def test_board_that_finds_nothing_offers_to_drop_the_search(client):
    board = factories.make_board("demo")
    make_results(board, 0.5)
    page = client.get("/boards/demo/?q=%3Cb%3Eno").content.decode()
    assert "No model matches" in page
    assert "<bdi>&lt;b&gt;no</bdi>" in page


def test_board_shows_fifty_rows_a_page_and_keeps_the_query(client):
    board = factories.make_board("demo", benchmarks=())
    revision = factories.make_revision()
    by = factories.make_user()
    for number in range(51):
        factories.make_result(
            board=board, value=number / 100, by=by, chat_template=False,
            revision=factories.make_revision(revision.model, contents={"a.json": b"%d" % number}),
        )  # fmt: skip
    first = client.get("/boards/demo/?order=asc&q=model")
    assert len(first.context["page"]) == 50
    assert 'href="?order=asc&amp;q=model&amp;page=2"' in first.content.decode()
    second = client.get("/boards/demo/?order=asc&q=model&page=2")
    assert [row.result.value for row in second.context["page"]] == [0.5]


@pytest.mark.parametrize("page", ["0", "-1", "x", "99", ""])
def test_board_answers_any_page_number(client, page):
    board = factories.make_board("demo")
    make_results(board, 0.5)
    assert len(client.get(f"/boards/demo/?page={page}").context["page"]) == 1


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ((0.5,), "There is nothing to compare it with yet."),
        ((0.5, 0.3), ": a clear lead."),
        ((0.5, 0.49), "so the two may be equal."),
        ((0.5, 0.49, 0.48, 0.2), "overlaps those of 2 others, which may be as good."),
    ],
)
def test_board_says_what_the_intervals_allow(client, values, sentence):
    board = factories.make_board("demo")
    make_results(board, *values)
    page = " ".join(client.get("/boards/demo/").content.decode().split())
    assert sentence in page.replace("</b>", "").replace("</bdi>", "")


def test_board_without_results_invites_to_submit(client):
    factories.make_board("demo")
    assert 'href="/submit/?board=demo"' in client.get("/boards/demo/").content.decode()


def test_draft_board_says_so_and_invites_nobody(client):
    factories.make_board("demo", draft=True)
    page = client.get("/boards/demo/").content.decode()
    assert "This board is a draft" in page
    assert "/submit/?board=" not in page


def test_unknown_board_is_not_found(client):
    assert client.get("/boards/nothing/").status_code == 404


HOSTILE = ["<script>alert(1)</script>", "نموذج-اللغة", "x" * 96, "a\"b'c&d"]


@pytest.mark.parametrize("name", HOSTILE)
def test_board_shows_a_hostile_name_as_text(client, name):
    board = factories.make_board("demo")
    revision = factories.make_revision(factories.make_model(name))
    factories.make_result(board=board, revision=revision)
    response = client.get("/boards/demo/")
    assert "<script>alert" not in response.content.decode()
    assert names(response) == [f"local:{name}"]
