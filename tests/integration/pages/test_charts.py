"""The drawing above a board, and the history of who led it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from evaluations.services.withdrawal import withdraw
from tests import factories, many

pytestmark = pytest.mark.django_db

#: What a board of a hundred rows and eight benchmarks may weigh, as it is kept.
BUDGET = 20_000
EIGHT = ("arc", "hellaswag", "belebele", "xcopa", "gsm8k", "ifeval", "mmlu", "truthful")


def make_result(board, name, value, *, days=0, **fields):
    revision = factories.make_revision(factories.make_model(name), **fields)
    published_at = timezone.now() - timedelta(days=days)
    return factories.make_result(
        board=board, revision=revision, value=value, published_at=published_at
    )


def points(page):
    """Return the names of the points of a page's drawing."""
    return sorted(re.findall(r"<title>(\S+) [\d.]+ ±[\d.]+</title>", page))


def test_board_draws_its_results_as_links(client):
    board = factories.make_board("demo")
    result = make_result(board, "plover", 0.512)
    page = client.get("/boards/demo/").content.decode()
    assert f'<a href="/results/{result.public_id}/"><title>plover 51.2 ±2.0</title>' in page
    assert page.index('id="chart"') < page.index('id="standings"')
    assert 'href="#standings"' in page


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("", "Score against size"),
        ("?chart=size", "Score against size"),
        ("?chart=date", "Score against date"),
        ("?chart=nothing", "Score against size"),
    ],
)
def test_board_draws_what_is_asked_for(client, query, title):
    make_result(factories.make_board("demo"), "plover", 0.5)
    page = client.get(f"/boards/demo/{query}").content.decode()
    assert f"<b>{title}</b>" in page
    (current,) = re.findall(r'id="chart-(\w+)"[^>]*aria-current="true"', page)
    assert current == title.rpartition(" ")[2]


def test_links_of_the_drawing_keep_the_rest_of_the_view(client):
    make_result(factories.make_board("demo"), "plover", 0.5)
    page = client.get("/boards/demo/?q=plov&chart=date").content.decode()
    assert 'href="?q=plov&amp;chart=energy"' in page
    assert 'href="?q=plov"' in page
    # In the search's form, and in the one that compares.
    assert page.count('<input type="hidden" name="chart" value="date">') == 2


def test_links_of_the_drawing_keep_the_page(client):
    many.fill(factories.make_board("demo", benchmarks=("sums",)), 30)
    page = client.get("/boards/demo/?per=25&page=2").content.decode()
    assert 'href="?chart=date&amp;per=25&amp;page=2"' in page


def test_board_says_which_models_have_no_energy(client):
    board = factories.make_board("demo")
    make_result(board, "plover", 0.5)
    page = client.get("/boards/demo/?chart=energy").content.decode()
    assert "1 model is left out: the energy of its run was not measured." in page
    assert "Nothing to draw." in page
    assert 'class="ch"' not in page


def test_drawing_shows_what_the_search_finds(client):
    board = factories.make_board("demo")
    make_result(board, "plover", 0.5)
    make_result(board, "osier", 0.4)
    assert points(client.get("/boards/demo/").content.decode()) == ["osier", "plover"]
    assert points(client.get("/boards/demo/?q=osier").content.decode()) == ["osier"]


def test_part_of_the_page_brings_its_drawing(client):
    make_result(factories.make_board("demo"), "plover", 0.5)
    part = client.get("/boards/demo/?chart=date", headers={"HX-Target": "standings"})
    assert '<figure id="chart" class="fig" hx-swap-oob="true">' in part.content.decode()


def test_drawing_leaves_out_what_is_not_ranked_with_the_others(client):
    board = factories.make_board("demo")
    make_result(board, "plover", 0.5)
    make_result(board, "osier", 0.4)
    engine = factories.make_plan(factories.make_revision(), board)["engine"]
    factories.make_result(
        board=board,
        revision=factories.make_revision(factories.make_model("apart")),
        plan={"engine": engine | {"dtype": "bfloat16"}, "tasks": {}},
        value=0.9,
    )
    assert points(client.get("/boards/demo/").content.decode()) == ["osier", "plover"]
    history = client.get("/boards/demo/history/").content.decode()
    assert points(history) == ["plover"]
    assert "So is 1 result that is not ranked with the others." in " ".join(history.split())


def test_board_of_a_hundred_rows_and_eight_benchmarks_keeps_its_budget(client):
    many.fill(factories.make_board("demo", benchmarks=EIGHT), 100)
    response = client.get("/boards/demo/", headers={"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert len(response.content) <= BUDGET


def test_board_says_how_many_are_drawn(client):
    many.fill(factories.make_board("demo", benchmarks=("sums",)), 350)
    page = " ".join(client.get("/boards/demo/").content.decode().split())
    assert re.search(r"\d{3} of 350 are drawn", page)
    assert page.count("</title><path") == 100


def test_history_says_who_led_since_when(client):
    board = factories.make_board("demo")
    first = make_result(board, "first", 0.40, days=30)
    make_result(board, "worse", 0.30, days=20)
    second = make_result(board, "second", 0.55, days=10)
    make_result(board, "equal", 0.55, days=5)
    page = client.get("/boards/demo/history/").content.decode()
    assert points(page) == ["first", "second"]
    rows = re.findall(r"<tr>(.*?)</tr>", page.partition("<tbody>")[2], re.DOTALL)
    found = [re.findall(r'/results/(\w+)/|<td class="n m">(.*?)</td>', each) for each in rows]
    assert found == [
        [(second.public_id, ""), ("", "15.0")],
        [(first.public_id, ""), ("", "—")],
    ]
    assert f"{second.published_at:%Y-%m-%d %H:%M} UTC" in page
    assert 'href="/models/local/second/"' in page


def test_history_leaves_out_what_was_withdrawn_and_says_so(client):
    board = factories.make_board("demo")
    make_result(board, "stays", 0.4)
    gone = make_result(board, "gone", 0.9, days=9)
    withdraw(submission=gone.submission, by="ana")
    page = client.get("/boards/demo/history/").content.decode()
    assert points(page) == ["stays"]
    assert "those that were withdrawn or superseded are left out" in page


def test_history_is_kept_until_the_board_changes(client):
    board = factories.make_board("demo")
    make_result(board, "plover", 0.4)
    first = client.get("/boards/demo/history/")
    again = client.get("/boards/demo/history/", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_history_of_a_board_without_results_invites_to_submit(client):
    factories.make_board("demo")
    page = client.get("/boards/demo/history/").content.decode()
    assert 'href="/submit/?board=demo"' in page


def test_history_of_no_board_is_not_found(client):
    assert client.get("/boards/nothing/history/").status_code == 404


@pytest.mark.parametrize("path", ["/boards/demo/", "/boards/demo/history/"])
@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a\"b'c&d"])
def test_hostile_names_are_text_in_drawings(client, path, name):
    make_result(factories.make_board("demo"), name, 0.5)
    assert "<script>alert" not in client.get(path).content.decode()
