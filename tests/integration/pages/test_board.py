import re

import pytest
from django.utils.html import escape

from evaluations.models import BoardState
from leaderboard.boards.snapshot import forget
from tests import factories
from tests.history import rewriting
from tests.many import fill

pytestmark = pytest.mark.django_db


def make_results(board, *values):
    return [factories.make_result(board=board, value=value) for value in values]


def names(response):
    return [row.model for _, row in response.context["selection"].shown]


def rank(board, places):
    """Give results their places, as a ranking of the present version does."""
    state = BoardState.objects.get(board=board)
    state.ranked_version = state.version
    state.places = {result.public_id: place for result, place in places.items()}
    state.save()
    forget()


@pytest.mark.parametrize("rows", [1, 3])
def test_board_is_read_in_eight_queries_and_looked_up_in_two(
    client, django_assert_num_queries, rows
):
    board = factories.make_board("demo")
    make_results(board, *(0.1 * number for number in range(1, rows + 1)))
    with django_assert_num_queries(8):
        page = client.get("/boards/demo/?sort=model").content.decode()
    assert page.count('<td role="cell" class="rk ') == rows
    with django_assert_num_queries(2):
        again = client.get("/boards/demo/?sort=model").content.decode()
    assert again == page


def test_board_shows_rank_model_score_interval_and_each_benchmark(client):
    board = factories.make_board("demo", benchmarks=("patterns", "sums"))
    result = factories.make_result(board=board, value=0.512, stderr=0.0051)
    with rewriting():
        result.scores.filter(benchmark__name="patterns").update(value=0.25, stderr=0.01)
        result.scores.filter(benchmark__name="sums").delete()
    page = client.get("/boards/demo/").content.decode()
    assert result.revision.model.name in page
    assert "51.2<i>±1.0</i>" in page
    assert "25.0<i>±2.0</i>" in page
    assert '—<span class="vh">not measured</span>' in page
    assert "n 240" in page
    assert f"<span>{result.manifest_sha256[:6]}</span></a>run here once" in page
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
    assert [row.rank for _, row in response.context["selection"].shown] == [1, 2, 2, 4]


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
    rows = client.get("/boards/demo/?q=needle").context["selection"].shown
    assert [(row.result, row.rank) for _, row in rows] == [(last.public_id, 3)]


def test_board_that_finds_nothing_offers_to_drop_the_search(client):
    board = factories.make_board("demo")
    make_results(board, 0.5)
    page = client.get("/boards/demo/?q=%3Cb%3Eno").content.decode()
    assert "No model matches" in page
    assert 'value="&lt;b&gt;no"' in page
    assert '<a class="btn" href="/boards/demo/">Show all</a>' in page


def test_board_shows_as_many_rows_a_page_as_asked_for_and_keeps_the_query(client):
    fill(factories.make_board("demo", benchmarks=()), 26)
    first = client.get("/boards/demo/?order=asc&per=25&q=v")
    assert len(names(first)) == 25
    page = " ".join(first.content.decode().split())
    assert 'rel="next" href="?q=v&amp;order=asc&amp;per=25&amp;page=2"' in page
    assert 'rel="prev"' not in page
    second = client.get("/boards/demo/?order=asc&per=25&q=v&page=2")
    assert [row.rank for _, row in second.context["selection"].shown] == [1]
    page = " ".join(second.content.decode().split())
    assert 'rel="prev" href="?q=v&amp;order=asc&amp;per=25"' in page
    assert 'rel="next"' not in page


@pytest.mark.parametrize("page", ["0", "-1", "x", "99", ""])
def test_board_answers_any_page_number(client, page):
    board = factories.make_board("demo")
    make_results(board, 0.5)
    assert len(names(client.get(f"/boards/demo/?page={page}"))) == 1


def verdict(client):
    page = " ".join(client.get("/boards/demo/").content.decode().split())
    sentence = page.partition('<p class="verdict">')[2].partition("</p>")[0]
    return re.sub("<[^>]+>", "", sentence).strip().replace("\u2019", "'")


@pytest.mark.parametrize(
    ("brackets", "sentence"),
    [
        ([], "a has the greatest score. Whether that is a lead is being computed, or can't be: "
         "some scores have no standard error."),
        ([1, 2, 3, 4], "a leads: at 95 % confidence it is better than every other model here."),
        ([1, 1, 3, 4], "2 models share the lead: at 95 % confidence they can't be told apart: "
         "a, b."),
        ([1, 1, 1, 1], "4 models share the lead: at 95 % confidence they can't be told apart from "
         "a. The smallest of them is c with 1."),
    ],
)  # fmt: skip
def test_board_says_what_the_ranks_allow(client, brackets, sentence):
    board = factories.make_board("demo")
    results = [
        factories.make_result(
            board=board,
            value=value,
            revision=factories.make_revision(factories.make_model(name), parameters=size),
        )
        for name, value, size in (("a", 0.9, 3), ("b", 0.8, 2), ("c", 0.7, 1), ("d", 0.6, 2))
    ]
    rank(board, {r: [1, 4, bracket] for r, bracket in zip(results, brackets, strict=False)})
    assert verdict(client) == sentence


def test_board_with_one_result_says_that_there_is_nothing_to_compare(client):
    result = factories.make_result(board=factories.make_board("demo"))
    name = result.revision.model.name
    assert verdict(client) == f"{name} stands alone: there is nothing to compare it with yet."


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


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_board_is_only_read(client, method):
    factories.make_result(board=factories.make_board("demo"))
    for ending in ("/", ".json", ".csv", ".parquet", ".atom"):
        response = getattr(client, method)(f"/boards/demo{ending}")
        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


HOSTILE = [
    "<script>alert(1)</script>", "نموذج-اللغة", "\u202egnp.\u202c", "x" * 200, "a\"b'c&d",
    "</bdi></td><td>", "{{ 1 }}", "%s%(n)d", "' onclick=alert(1) x='",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_board_shows_a_hostile_name_as_text(client, name):
    board = factories.make_board("demo")
    revision = factories.make_revision(factories.make_model(name), licence=name[:80])
    result = factories.make_result(board=board, revision=revision)
    rank(board, {result: [1, 1, 1]})
    response = client.get(f"/boards/demo/?pin={result.public_id}&licence=mit&q=<b>")
    page = response.content.decode()
    assert [row.name for _, row in response.context["selection"].pinned] == [name]
    assert f"<bdi>{escape(name.rpartition('/')[2])}</bdi></a>" in page
    for raw in ("<script>alert", "</bdi></td><td>", "' onclick", "<b>no"):
        assert raw not in page, raw
    # What a name opens it does not close elsewhere: every name stands in an element of its own.
    assert page.count("<bdi") == page.count("</bdi>")
