"""Models side by side: who is compared, by how much they differ, and how surely that is known."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries

from evaluations.models import Board, Result, Submission
from evaluations.services import moderation
from evaluations.services.ranking import rank_changed
from evaluations.services.standings import touch
from evaluations.services.withdrawal import withdraw
from tests import factories
from tests.compared import make_measured, make_scored, other_documents, replan
from tests.history import rewriting

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>'\"&"
#: Differences 0, -1, -1, -1, 0, 0, 0, 1: mean -1/4, variance 1/2, so a standard error of 1/4.
BASE, OTHER = [1, 1, 1, 1, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 1]


def get(client: Client, *results: Result | str, **query: Any) -> Any:
    pins = [one if isinstance(one, str) else one.public_id for one in results]
    return client.get(
        "/compare/", {"pin": pins} | {key.removesuffix("_"): value for key, value in query.items()}
    )


def text_of(response: Any) -> str:
    main = response.content.decode().partition("<main")[2].partition("</main>")[0]
    return plain(main)


def plain(html: str) -> str:
    """Return what is read: no marks, and no blank before a full stop."""
    words = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    return re.sub(r" ([.,:])(?= |$)", r"\1", unescape(words))


def names(response: Any) -> list[str]:
    """Return the results that have a card, in their order."""
    return re.findall(r'<h2 id="m-(\w+)">', response.content.decode())


def offered(response: Any) -> list[str]:
    return re.findall(r'<option value="(\w+)"', response.content.decode())


def lines(response: Any) -> list[str]:
    """Return the rows of the table of differences, as text."""
    table = response.content.decode().partition('<table class="forest"')[2].partition("<tfoot")[0]
    rows = re.findall(r"<tr.*?</tr>", table, re.S)[1:]
    return [plain(one) for one in rows]


@pytest.fixture
def board() -> Board:
    return make_measured(["choosing"], title="Small tasks")


@pytest.fixture
def pair(board: Board) -> list[Result]:
    return [
        make_scored(board, {"choosing": BASE}, name="plover"),
        make_scored(board, {"choosing": OTHER}, name="jahazi"),
    ]


def many(count: int) -> list[Result]:
    board = make_measured(["choosing"])
    return [make_scored(board, {"choosing": OTHER}, name=f"m{n}") for n in range(count)]


def test_site_without_results_says_what_is_lacking(client: Client) -> None:
    assert "There is nothing to compare yet" in text_of(get(client))


def test_without_pins_results_of_every_board_are_offered(
    client: Client, pair: list[Result]
) -> None:
    elsewhere = factories.make_result(value=0.9)
    gone = factories.make_result()
    withdraw(submission=gone.submission, by="ana")
    page = get(client)
    assert sorted(offered(page)) == sorted(r.public_id for r in (*pair, elsewhere))
    assert f'href="/boards/{pair[0].board.slug}/"' in page.content.decode()
    assert "Choose on a board" in text_of(page)


def test_one_pin_is_the_baseline_and_its_board_is_offered(
    client: Client, pair: list[Result]
) -> None:
    factories.make_result()
    page = get(client, pair[0])
    assert (names(page), offered(page)) == ([pair[0].public_id], [pair[1].public_id])
    assert f'<input type="hidden" name="pin" value="{pair[0].public_id}">' in page.content.decode()
    assert "Add a second model" in text_of(page)
    assert lines(page) == []


def test_two_results_differ_by_the_values_worked_by_hand(
    client: Client, pair: list[Result]
) -> None:
    page = get(client, *pair)
    # Student's point for 7 degrees of freedom is 2.3646, and t = -1 has p = 0.351.
    assert lines(page) == [
        "Choosing n 240 jahazi −25.0 ± 59.1 can’t tell = 0.701",  # noqa: RUF001
        "The board’s score jahazi −25.0 ± 59.1 can’t tell = 0.701",  # noqa: RUF001
    ]
    text = text_of(page)
    assert "jahazi can’t be told apart from it overall." in text  # noqa: RUF001
    assert "jahazi right jahazi wrong plover right 1 3 plover wrong 1 3" in text
    assert "Of 8 items 4 flipped. McNemar’s exact test over all of them: p = 0.625." in text  # noqa: RUF001
    assert "plover against jahazi" in text


def test_other_way_round_is_the_same_difference_with_the_other_sign(
    client: Client, pair: list[Result]
) -> None:
    page = get(client, *pair).content.decode()
    first, second = (one.public_id for one in pair)
    assert f'href="?pin={second}&amp;pin={first}"' in page
    turned = get(client, second, first)
    assert names(turned) == [second, first]
    assert lines(turned)[0].startswith("Choosing n 240 plover +25.0 ± 59.1")


def test_equal_answers_cannot_be_told_apart(client: Client) -> None:
    assert lines(get(client, *many(2)))[0] == "Choosing n 240 m1 0.0 ± 0.0 can’t tell = 1.000"  # noqa: RUF001


def test_words_are_corrected_for_the_number_of_comparisons(client: Client, board: Board) -> None:
    base = make_scored(board, {"choosing": [0] * 40}, name="base")
    # Six gained of forty: p = 0.012 by itself. The two lines of each other model are one more
    # comparison each, and two more models make six of them.
    better = make_scored(board, {"choosing": [1] * 6 + [0] * 34}, name="better")
    same = [make_scored(board, {"choosing": [0] * 40}, name=f"same{n}") for n in range(2)]
    alone, among = get(client, base, better), get(client, base, better, *same)
    assert "better is ahead by 15.0 ± 11.6 points." in text_of(alone)
    assert lines(alone)[0] == "Choosing n 240 better +15.0 ± 11.6 better = 0.025"
    assert lines(among)[0] == "Choosing n 240 better +15.0 ± 11.6 can’t tell = 0.074"  # noqa: RUF001
    assert "better can’t be told apart from it overall." in text_of(among)  # noqa: RUF001
    assert "for all 6 comparisons here at once (Holm’s correction)" in text_of(among)  # noqa: RUF001
    # The mark is filled all the same: it is about the one interval.
    assert among.content.decode().count('class="strip sure"') == 2


def test_benchmarks_that_go_against_the_whole_are_told(client: Client) -> None:
    board = make_measured(["sums", "words"])
    base = make_scored(board, {"sums": [1] * 30 + [0] * 30, "words": [0] * 30 + [1] * 30})
    turned = make_scored(board, {"sums": [0] * 60, "words": [1] * 60}, name="turned")
    text = text_of(get(client, base, turned))
    assert "turned can’t be told apart from it overall." in text  # noqa: RUF001
    assert "Even so, it is better at Words and worse at Sums." in text


def test_smaller_model_is_told_by_how_much(client: Client, pair: list[Result]) -> None:
    small = factories.make_revision(factories.make_model("small"), parameters=617_284)
    with rewriting():
        Result.objects.filter(pk=pair[1].pk).update(revision=small)
    touch(pair[1].board_id)
    assert "It has 50 % of the parameters." in text_of(get(client, *pair))


@pytest.mark.parametrize(("count", "shown"), [(2, 2), (6, 6), (7, 6), (9, 6)])
def test_six_are_shown_and_more_are_counted(client: Client, count: int, shown: int) -> None:
    results = many(count)
    page = get(client, *results)
    assert names(page) == [one.public_id for one in results[:shown]]
    assert len(lines(page)) == 2 * (shown - 1)
    left = {0: "", 1: "1 result was left out", 3: "3 results were left out"}[count - shown]
    assert left in text_of(page)
    assert ("left out" in text_of(page)) is (count > shown)


@pytest.mark.parametrize(
    "pin", ["0000000000", "x", "\x00", "é" * 10, "1" * 5000, "' OR 1=1 --", HOSTILE, "%00", "../.."]
)
def test_pin_that_is_no_result_is_told(client: Client, pair: list[Result], pin: str) -> None:
    page = get(client, pair[0], pin, pair[1])
    assert (page.status_code, names(page)) == (200, [one.public_id for one in pair])
    assert "There is no result" in text_of(page)
    assert "<script>alert" not in page.content.decode()
    assert "\x00" not in page.content.decode()
    alone = get(client, pin)
    assert alone.status_code == 200
    assert "There is no result" in text_of(alone)
    assert "Or begin with one" in text_of(alone)


def test_same_pin_twice_counts_once_and_an_empty_one_not_at_all(
    client: Client, pair: list[Result]
) -> None:
    page = get(client, pair[0], "", pair[1], pair[0])
    assert names(page) == [one.public_id for one in pair]
    assert "There is no result" not in text_of(page)


@pytest.mark.parametrize("state", ["withdrawn", "superseded", "removed"])
def test_result_that_no_longer_stands_is_told(
    client: Client, pair: list[Result], state: str
) -> None:
    third = make_scored(pair[0].board, {"choosing": BASE}, name="gone-model")
    if state == "withdrawn":
        withdraw(submission=third.submission, by="ana")
    elif state == "removed":
        moderation.remove(by=factories.make_operator(), result=third, reason="x" * 20)
    else:
        Submission.objects.filter(pk=third.submission_id).update(state=state)
        touch(third.board_id)
    page = get(client, third, *pair)
    assert names(page) == [one.public_id for one in pair]
    assert f"gone-model {third.public_id} no longer stands on its board" in text_of(page)


@pytest.mark.parametrize("count", [2, 3])
def test_comparison_takes_five_queries_once_its_board_is_known(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    results = many(count)
    # First its standings are read: the board, its benchmarks and state, rows, scores and reruns.
    with django_assert_num_queries(11):
        first = get(client, *results)
    with django_assert_num_queries(5):
        again = get(client, *results)
    assert first.content == again.content
    assert len(names(again)) == count


def test_card_shows_what_is_known_of_a_result(client: Client, board: Board) -> None:
    one = make_scored(board, {"choosing": BASE}, name="harrow-lab/plover")
    factories.make_replication(one)
    rank_changed()
    text = text_of(get(client, one))
    assert "harrow-lab · 1.2M · apache-2.0" in text
    assert "50.0 ±2.0 · rank 1" in text
    assert f"R0 {one.manifest_sha256[:6]} independent, bit-exact" in text


def test_models_of_one_name_are_told_apart(client: Client, board: Board) -> None:
    twice = [make_scored(board, {"choosing": BASE}, name=f"{org}/plover") for org in "ab"]
    text = text_of(get(client, *twice))
    for one in twice:
        assert f"plover · {one.public_id}" in text


def test_hostile_names_are_shown_as_text(client: Client) -> None:
    board = make_measured(["choosing"], title=HOSTILE)
    board.suite.benchmarks.update(title=HOSTILE)
    results = [make_scored(board, {"choosing": each}, name=HOSTILE + word)
               for each, word in ((BASE, "a"), (OTHER, "b"))]  # fmt: skip
    for page in (get(client, *results), get(client, results[0]), get(client)):
        assert page.status_code == 200
        assert "<script>alert" not in page.content.decode()
        # A model's short name is what follows its last slash.
        assert escape(HOSTILE.rpartition("/")[2]) in page.content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"engine": {"dtype": "bfloat16"}}, "precision differ. Part of its difference may be the"),
        ({"engine": {"device": "cuda:0"}}, "engine differ. Part of its difference may be the"),
        ({"engine": {"lm_eval": "0.5.0"}}, "lm-eval differ. Part of its difference may be the"),
        (
            {"chat_template": {"applied": True, "sha256": "ab" * 32}},
            "chat template differ. Part of",
        ),
    ],
)
def test_other_settings_are_paired_with_a_warning(
    client: Client, pair: list[Result], changes: dict[str, Any], words: str
) -> None:
    assert "differ. Part of" not in text_of(get(client, *pair))
    replan(pair[1], **changes)
    page = get(client, *pair)
    assert lines(page)[0].startswith("Choosing n 240 jahazi −25.0 ± 59.1")  # noqa: RUF001
    assert words in text_of(page)


def test_comparability_is_listed_point_by_point(client: Client, pair: list[Result]) -> None:
    replan(pair[1], engine={"dtype": "bfloat16"})
    text = text_of(get(client, *pair)).partition("Are they comparable?")[2]
    expected = (
        f"same suite {pair[0].board.suite} same documents same prompts same lm-eval 0.4.13 "
        "same engine hf on cpu other precision plover: float32 jahazi: bfloat16 "
        "same chat template none"
    )
    assert " ".join(text.split())[: len(expected)] == expected


def test_other_documents_are_not_paired(client: Client, pair: list[Result]) -> None:
    third = make_scored(pair[0].board, {"choosing": OTHER}, name="third")
    other_documents(pair[1], "choosing")
    page = get(client, *pair, third)
    assert "jahazi can’t be compared with the baseline: documents differ" in text_of(page)  # noqa: RUF001
    assert [line.split()[3] for line in lines(page)] == ["third", "third"]
    alone = get(client, *pair)
    assert lines(alone) == []
    assert "Items that flipped" not in text_of(alone)


def test_other_suite_is_not_paired(client: Client, pair: list[Result]) -> None:
    elsewhere = make_scored(make_measured(["choosing"], title="Elsewhere"), {"choosing": OTHER})
    page = get(client, pair[0], elsewhere)
    assert "can’t be compared with the baseline: suite" in text_of(page)  # noqa: RUF001
    assert lines(page) == []
    assert "Elsewhere" in text_of(page)


def test_results_without_tables_fall_back_on_their_standard_errors(
    client: Client, board: Board
) -> None:
    base = make_scored(board, {"choosing": BASE}, stderr=0.03)
    bare = make_scored(board, {"choosing": OTHER}, stderr=0.04, tables=False, name="bare")
    page = get(client, base, bare)
    # The root of 0.03² + 0.04² is 0.05, and 1.96 times that 9.8 points.
    assert lines(page)[0] == "Choosing n 240 bare −25.0 ± 9.8 not paired worse < 0.001"  # noqa: RUF001
    text = text_of(page)
    assert "bare is not paired at Choosing: a table of samples is missing" in text
    assert "both standard errors count as independent" in text
    assert "There are no scores document by document of both" in text
    # Who has a table is paired all the same.
    paired = make_scored(board, {"choosing": OTHER}, name="paired")
    assert lines(get(client, base, bare, paired))[1].startswith("paired −25.0 ± 59.1")  # noqa: RUF001


def test_tables_that_come_later_are_seen(client: Client, board: Board) -> None:
    from evaluations.services import sample_tables

    base = make_scored(board, {"choosing": BASE})
    late = make_scored(board, {"choosing": OTHER}, tables=False)
    assert "not paired" in lines(get(client, base, late))[0]
    sample_tables.derive(result=late)
    assert "−25.0 ± 59.1" in lines(get(client, base, late))[0]  # noqa: RUF001


def test_score_without_standard_error_says_nothing(client: Client, board: Board) -> None:
    base = make_scored(board, {"choosing": BASE}, stderr=None, tables=False)
    bare = make_scored(board, {"choosing": OTHER}, stderr=None, tables=False, name="bare")
    page = get(client, base, bare)
    assert "Of bare nothing can be said overall" in text_of(page)
    assert "— a value or its standard error is missing not known —" in lines(page)[0]


def test_benchmark_that_was_not_measured_leaves_the_others(client: Client) -> None:
    board = make_measured(["sums", "words"])
    base = make_scored(board, {"sums": BASE, "words": BASE})
    half = make_scored(board, {"sums": OTHER, "words": OTHER}, name="half")
    with rewriting():
        half.scores.filter(benchmark__name="words").delete()
    sums, words, whole = lines(get(client, base, half))
    assert "−25.0 ± 59.1" in sums  # noqa: RUF001
    assert "not known" in words
    assert "not known" in whole


def test_boards_own_parameters_are_ignored(client: Client, pair: list[Result]) -> None:
    plain = get(client, *pair)
    asked = get(client, *pair, sort="size", order="asc", q="x", columns="a", per="25", page="x")
    assert lines(asked) == lines(plain)


def test_masthead_leads_here(client: Client) -> None:
    assert 'href="/compare/" aria-current="page"' in get(client).content.decode()
    assert 'href="/compare/"' in client.get("/queue/").content.decode()
