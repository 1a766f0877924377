"""Ways to look at a board: sections, brackets, scales, columns, pins, and the part for htmx."""

import re

import pytest

from evaluations.models import Board
from evaluations.services.standings import touch
from tests import factories
from tests.history import rewriting
from tests.integration.pages.test_board import names, rank

pytestmark = pytest.mark.django_db


@pytest.fixture
def board():
    return factories.make_board("demo", benchmarks=("patterns", "sums"))


def made(board, name, value=0.5, *, engine=(), **fields):
    """Make a result whose plan differs from the usual one in its engine."""
    revision = factories.make_revision(factories.make_model(name))
    plan = factories.make_plan(revision, board)
    plan["engine"] |= dict(engine)
    return factories.make_result(board=board, revision=revision, value=value, plan=plan, **fields)


def bodies(client, query=""):
    """Return each part of the table: why it stands apart, and the names and ranks of its rows."""
    page = client.get(f"/boards/demo/{query}").content.decode()
    found = []
    for body in page.split("<tbody")[1:]:
        reason = body.partition('class="apart"')[2].partition("<small>")[0]
        reason = " ".join(re.sub("<[^>]+>", " ", reason).split()).removeprefix("> ")
        ranks = re.findall(r'class="rk[^>]*><bdi dir="ltr">([^<]+)</bdi>', body)
        models = re.findall(r'/"><bdi>([^<]+)</bdi></a>', body)
        found.append((reason, list(zip(models, ranks, strict=True))))
    return found


@pytest.mark.parametrize(
    ("engine", "rescored", "reason"),
    [
        ({"dtype": "bfloat16"}, {}, "precision bfloat16 instead of float32"),
        ({"lm_eval": "0.4.9"}, {}, "lm-eval 0.4.9 instead of 0.4.13"),
        ({"name": "vllm", "device": "cuda:0"}, {}, "engine vllm on cuda instead of hf on cpu"),
        ({}, {"rescored": {"lm_eval": "0.5.0"}}, "lm-eval 0.5.0 instead of 0.4.13"),
        (
            {"lm_eval": "<b>", "dtype": "bfloat16"}, {},
            "lm-eval &lt;b&gt; instead of 0.4.13 precision bfloat16 instead of float32",
        ),
    ],
)  # fmt: skip
def test_result_by_other_means_stands_apart_and_is_not_ranked_with_the_others(
    client, board, engine, rescored, reason
):
    made(board, "first", 0.6)
    made(board, "second", 0.5)
    made(board, "other", 0.9, engine=engine, environment=factories.ENVIRONMENT | rescored)
    assert bodies(client) == [
        ("", [("first", "1"), ("second", "2")]),
        (f"Not ranked with the others: {reason}", [("other", "1")]),
    ]


def test_result_by_an_older_suite_stands_apart_though_there_are_more_of_them(client, board):
    for number in range(3):
        made(board, f"old-{number}", 0.9 - number / 10)
    board.suite = factories.make_version(board.suite)
    board.save()
    made(board, "new", 0.1)
    suite = board.suite.name
    assert bodies(client, "?sort=sums&order=asc") == [
        ("", [("new", "1")]),
        (
            f"Not ranked with the others: suite {suite} v1 instead of {suite} v2",
            [("old-2", "3"), ("old-1", "2"), ("old-0", "1")],
        ),
    ]
    assert "<b><bdi>new</bdi></b> stands alone" in client.get("/boards/demo/").content.decode()


def test_board_that_moved_on_without_results_claims_no_leader(client, board):
    made(board, "old", 0.9)
    Board.objects.update(suite=factories.make_version(board.suite))
    touch(board.pk)
    suite = board.suite.name
    reason = f"Not ranked with the others: suite {suite} v1 instead of {suite} v2"
    assert bodies(client) == [(reason, [("old", "1")])]
    assert 'class="verdict"' not in client.get("/boards/demo/").content.decode()
    for kind in ("json", "csv", "parquet", "atom"):
        assert client.get(f"/boards/demo.{kind}").status_code == 200


def test_pinned_row_of_another_section_says_so_too(client, board):
    pinned = made(board, "usual", 0.6), made(board, "other", 0.9, engine={"dtype": "bfloat16"})
    query = f"?pin={pinned[0].public_id}&pin={pinned[1].public_id}&q=zzz"
    assert bodies(client, query) == [
        ("", [("usual", "1")]),
        ("Not ranked with the others: precision bfloat16 instead of float32", [("other", "1")]),
    ]


@pytest.fixture
def ranked(board):
    """Five results: one that leads, three that can't be told apart, one alone."""
    results = [made(board, name, 0.9 - n / 10) for n, name in enumerate("abcde")]
    places = [[1, 1, 1], [2, 4, 2], [2, 4, 2], [2, 4, 2], [5, 5, 5]]
    rank(board, dict(zip(results, places, strict=True)))
    return results


def ties(client, query=""):
    page = client.get(f"/boards/demo/{query}").content.decode()
    return re.findall(r'class="rk (\w*)"', page), page.count('class="vh"> tied')


@pytest.mark.parametrize(
    ("query", "drawn", "tied"),
    [
        ("", ["", "ts", "tm", "te", ""], 3),
        ("?order=desc&sort=score", ["", "ts", "tm", "te", ""], 3),
        # Without the one between them the two still stand together.
        ("?q=/[^c]/", ["", "ts", "te", ""], 2),
        ("?q=/[ab]/", ["", ""], 0),
        ("?order=asc", [""] * 5, 0),
        ("?sort=model", [""] * 5, 0),
        ("?sort=sums", [""] * 5, 0),
        ("?sort=unknown", ["", "ts", "tm", "te", ""], 3),
    ],
)
def test_bracket_is_drawn_only_in_the_order_of_ranks(client, ranked, query, drawn, tied):
    assert ties(client, query) == (drawn, tied)


def test_range_of_ranks_is_shown_once_it_is_computed(client, board, ranked):
    assert bodies(client) == [
        ("", [("a", "1"), ("b", "2–4"), ("c", "2–4"), ("d", "2–4"), ("e", "5")])  # noqa: RUF001
    ]
    touch(board.pk)
    assert bodies(client) == [("", [(name, str(n)) for n, name in enumerate("abcde", start=1)])]
    assert ties(client) == ([""] * 5, 0)


def cells(client, query):
    page = client.get(f"/boards/demo/{query}").content.decode()
    return re.findall(r'data-l="(\w+)" role="cell" class="b[^"]*">(-?[\d.]+<i>±[\d.]+)?', page)


def test_normalised_view_says_how_far_above_guessing(client, board):
    made(board, "a", scores={"patterns": 0.1, "sums": 0.625})
    with rewriting():
        board.suite.benchmarks.filter(name="sums").update(normalised=True)
    assert cells(client, "") == [("Patterns", "10.0<i>±2.0"), ("Sums", "62.5<i>±2.0")]
    # Below guessing is below nothing; what the suite rescaled is not rescaled again.
    assert cells(client, "?scale=normalised") == [
        ("Patterns", "-20.0<i>±2.6"), ("Sums", "62.5<i>±2.0"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["Patterns", "Sums"]), ("?columns=sums", ["Sums"]),
        ("?columns=sums&columns=patterns", ["Patterns", "Sums"]),
        ("?columns=unknown", ["Patterns", "Sums"]), ("?columns=unknown&columns=sums", ["Sums"]),
    ],
)  # fmt: skip
def test_columns_are_chosen(client, board, query, shown):
    made(board, "a")
    page = client.get(f"/boards/demo/{query}").content.decode()
    heads = re.findall(r'<th scope="col"[^>]*class="b"[^>]*>\s*<a[^>]*>([^<]+)', page)
    assert (heads, [title for title, _ in cells(client, query)]) == (shown, shown)
    ticked = re.findall(r'name="columns"\s+value="(\w+)"\s+checked', page)
    assert ticked == [title.lower() for title in shown]


def test_rows_are_compact_if_asked_for(client, board):
    made(board, "a")
    pages = [client.get(f"/boards/demo/{q}").content.decode() for q in ("", "?rows=compact")]
    assert ['class="bd low"' in page for page in pages] == [False, True]


def test_search_form_keeps_the_rest_of_the_view(client, board):
    a = made(board, "a")
    query = f"?sort=model&order=desc&scale=normalised&licence=mit&pin={a.public_id}&page=2"
    page = client.get(f"/boards/demo/{query}").content.decode()
    form = page.partition('role="search"')[2].partition("</form>")[0]
    hidden = re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', form)
    assert hidden == [
        ("order", "desc"), ("scale", "normalised"), ("licence", "mit"), ("pin", a.public_id),
    ]  # fmt: skip


def test_search_form_leaves_the_order_to_another_column(client, board):
    made(board, "a")
    page = client.get("/boards/demo/?sort=model").content.decode()
    assert 'type="hidden" name="order"' not in page


def test_problems_of_a_search_are_said_and_the_rest_is_done(client, board):
    made(board, "needle")
    made(board, "straw")
    response = client.get("/boards/demo/?q=/(/+@colour:x+needle&least=big")
    assert names(response) == ["local:needle"]
    page = response.content.decode()
    for problem in (
        "/(/ is no regular expression.",
        "There is no field @colour:;",
        "big is no size;",
    ):
        assert f'role="alert">{problem}' in page


@pytest.mark.parametrize("query", ["", "?sort=model"])
def test_htmx_gets_the_part_that_changes(client, board, query):
    made(board, "a")
    whole = client.get(f"/boards/demo/{query}")
    part = client.get(
        f"/boards/demo/{query}", headers={"HX-Request": "true", "HX-Target": "standings"}
    )
    text = part.content.decode()
    assert "<html" not in text
    assert text.count('id="standings"') == 1
    assert re.search(r'id="found"[^>]*hx-swap-oob="true">\s*1 row of 1\s*<', text)
    inner = text.partition('<div id="standings"')[2]
    assert inner.strip().removesuffix("</div>").strip() in whole.content.decode()
    for response in (whole, part):
        assert "HX-Target" in response["Vary"]


@pytest.mark.parametrize("headers", [{"HX-Request": "true"}, {"HX-Target": "other"}])
def test_everybody_else_gets_the_whole_page(client, board, headers):
    made(board, "a")
    page = client.get("/boards/demo/", headers=headers).content.decode()
    assert page.count("<html") == page.count('id="found"') == 1
    assert "hx-swap-oob" not in page
