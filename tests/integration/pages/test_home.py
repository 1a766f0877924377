import pytest
from django.urls import reverse

from evaluations.services import log
from evaluations.services.ranking import rank_changed
from evaluations.services.sequencer import sequence
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("rows", [1, 3])
def test_home_takes_ten_queries(client, django_assert_num_queries, rows):
    board = factories.make_board()
    for number in range(rows):
        factories.make_result(board=board, value=0.25 + number / 10)
    client.get("/")  # the finder's board is kept from here on
    with django_assert_num_queries(10):
        client.get("/")


def test_home_names_the_leader_of_each_board(client):
    board = factories.make_board()
    leader = factories.make_result(board=board, value=0.5)
    revision = factories.make_revision(leader.revision.model)
    factories.make_result(board=board, revision=revision, value=0.3)
    factories.make_result(board=board, value=0.4)
    summary = client.get("/").context["boards"][0]
    assert (summary.leader, summary.results, summary.models) == (leader, 3, 2)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((0.9, 0.1), "clear lead"),
        ((0.5, 0.5), "2 can\N{RIGHT SINGLE QUOTATION MARK}t be told apart"),
    ],
)
def test_home_says_whether_a_lead_is_one(client, values, words):
    board = factories.make_board()
    for value in values:
        factories.make_result(board=board, value=value)
    before = client.get("/").content.decode()
    assert "clear lead" not in before
    assert "told apart" not in before.partition('id="latest"')[0]
    rank_changed()
    assert words in client.get("/").content.decode()


def test_home_without_anything_says_so(client):
    page = client.get("/").content.decode()
    assert "No boards yet" in page
    assert "Nothing is logged yet" in page
    assert "assay verify ADDRESS" in page
    assert "I need a model for" not in page


def test_home_shows_drafts_last_and_as_drafts(client):
    draft = factories.make_board(draft=True, title="A draft")
    empty = factories.make_board(title="B empty")
    full = factories.make_result(board=factories.make_board(title="C full")).board
    response = client.get("/")
    assert [item.board for item in response.context["boards"]] == [full, empty, draft]
    assert "takes no submissions yet" in response.content.decode()


def test_boards_is_another_name_of_home():
    assert reverse("boards") == reverse("home") == "/"


def test_home_counts_models_documents_and_failures(client):
    board = factories.make_board(benchmarks=("patterns", "sums"))
    factories.make_result(board=board)
    factories.make_submission(board=board, state="failed", failure_code="nan_logits")
    page = " ".join(client.get("/").content.decode().split())
    assert "1 model · 480 scored documents · 1 failure, published too" in page


def test_home_lists_the_newest_entries_of_the_log(client):
    failed = factories.make_submission(state="running")
    log.intent(failed)
    log.ended(failed, code="nan_logits", by="site")
    sequence()
    page = client.get("/").content.decode()
    assert page.index(">failure<") < page.index(">intent<") < page.index(">suite<")
    assert "<code>nan_logits</code>" in page
    assert f'href="/submissions/{failed.public_id}/"' in page


def answers(client, query=""):
    finder = client.get(f"/{query}").context["finder"]
    return [one.row.name for one in finder.found]


@pytest.fixture
def measured():
    """Three models of different sizes on a board with a benchmark in Kiswahili."""
    board = factories.make_board("swahili", benchmarks=("patterns",))
    factories.make_benchmark(board.suite, "ngeli", languages=["sw"])
    for name, size, sums in (("huge", 30, 0.9), ("middle", 3, 0.8), ("small", 0.3, 0.7)):
        revision = factories.make_revision(factories.make_model(name), parameters=int(size * 10**9))
        factories.make_result(
            board=board, revision=revision, scores={"ngeli": sums, "patterns": 1 - sums}
        )
    return board


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?language=sw", ["huge", "middle", "small"]),
        ("?task=swahili/patterns", ["small", "middle", "huge"]),
        ("?language=sw&room=8", ["middle", "small"]),
        ("?language=sw&room=4", ["small"]),
        ("?language=sw&task=swahili/patterns", ["huge", "middle", "small"]),
        ("?language=xx&task=no/where&room=7", ["small", "middle", "huge"]),
    ],
)
def test_finder_names_the_best_that_fit(client, measured, query, names):
    assert answers(client, query) == names


def test_finder_says_when_nothing_fits(client, measured):
    factories.make_result(
        board=factories.make_board("big", title="A"),
        revision=factories.make_revision(parameters=10**12),
    )
    page = client.get("/?task=big/patterns&room=4").content.decode()
    assert "Nothing that was measured on this fits" in page


def test_finder_escapes_what_it_shows(client):
    board = factories.make_board("demo")
    factories.make_result(
        board=board, revision=factories.make_revision(factories.make_model("<b>x</b>"))
    )
    assert "<b>x</b>" not in client.get("/?language=%3Cb%3E").content.decode()
