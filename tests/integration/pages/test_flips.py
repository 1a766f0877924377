"""The items that two models are scored differently on: listed, filtered, counted and exported."""

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from evaluations import store
from evaluations.models import Result, SampleTable
from evaluations.tables import reading
from tests import factories
from tests.compared import make_measured, make_scored, other_documents
from tests.integration.pages.test_compare import get, plain, text_of

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>\x00\u202e"
HEADER = [
    "task", "document", "question", "target", "baseline", "baseline_score", "baseline_answer",
    "other", "other_score", "other_answer",
]  # fmt: skip


def make_pair(first: dict[str, list[float]], second: dict[str, list[float]], **more: Any) -> Any:
    fields = {name: more.pop(name) for name in ("questions", "start") if name in more}
    board = make_measured(list(first), **more)
    return [
        make_scored(board, scores, name=name, **fields)
        for name, scores in (("plover", first), ("jahazi", second))
    ]


@pytest.fixture
def pair() -> list[Result]:
    """Sums: documents 1 and 2 are lost and 3 is gained. Words: 0 is gained."""
    return make_pair(  # type: ignore[no-any-return]
        {"sums": [1, 1, 1, 0], "words": [0, 1]}, {"sums": [1, 0, 0, 1], "words": [1, 1]}
    )


def listed(response: Any) -> list[tuple[str, int]]:
    """Return the task and document of each item on the page."""
    page = response.content.decode()
    table = page.partition('<table class="t flipped"')[2].partition("</table>")[0]
    found = re.findall(r'href="/results/\w+/samples/(\w+)/(\d+)/"', table)
    assert found[::2] == found[1::2]  # both models' pages of the same document
    return [(task, int(doc_id)) for task, doc_id in found[::2]]


def chips(response: Any) -> dict[str, str]:
    """Return each chip's words, with its count, and where it leads."""
    found = re.findall(
        r'<a class="chip"\s+href="([^"]*)"[^>]*>(.*?)</a>', response.content.decode(), re.S
    )
    return {plain(words): link.replace("&amp;", "&") for link, words in found}


def exported(client: Client, *results: Result | str, **query: Any) -> list[list[str]]:
    pins = [one if isinstance(one, str) else one.public_id for one in results]
    response = client.get("/compare.csv", {"pin": pins} | query)
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(b"".join(response).decode())))


def test_items_lead_to_both_models_own_pages(client: Client, pair: list[Result]) -> None:
    page = get(client, *pair)
    assert listed(page) == [("sums", 1), ("sums", 2), ("sums", 3), ("words", 0)]
    for one in pair:
        assert f'href="/results/{one.public_id}/samples/sums/3/"' in page.content.decode()
        assert client.get(f"/results/{one.public_id}/samples/sums/3/").status_code == 200
    assert "sums document 1 Which? red right red wrong blue" in text_of(page)
    assert "sums document 3 Which? red wrong blue right red" in text_of(page)


@pytest.mark.parametrize(
    ("query", "items"),
    [
        ({"direction": "lost"}, [("sums", 1), ("sums", 2)]),
        ({"direction": "gained"}, [("sums", 3), ("words", 0)]),
        ({"task": "words"}, [("words", 0)]),
        ({"task": "sums", "direction": "gained"}, [("sums", 3)]),
        ({"task": "words", "direction": "lost"}, []),
        (
            {"task": "<none>", "direction": "x"},
            [("sums", 1), ("sums", 2), ("sums", 3), ("words", 0)],
        ),
    ],
)
def test_items_are_filtered_and_exported_alike(
    client: Client, pair: list[Result], query: dict[str, str], items: list[tuple[str, int]]
) -> None:
    page = get(client, *pair, **query)
    assert listed(page) == items
    header, *rows = exported(client, *pair, **query)
    assert header == HEADER
    assert [(row[0], int(row[1])) for row in rows] == items
    assert ("No item is like that." in text_of(page)) is (not items)


def test_chips_count_what_they_leave(client: Client, pair: list[Result]) -> None:
    page = get(client, *pair)
    assert list(chips(page)) == [
        "both 4", "plover right, jahazi wrong 2", "plover wrong, jahazi right 2",
        "all 4", "sums 3", "words 1",
    ]  # fmt: skip
    lost = client.get("/compare/" + chips(page)["plover right, jahazi wrong 2"].partition("#")[0])
    assert listed(lost) == [("sums", 1), ("sums", 2)]
    assert list(chips(lost))[3:] == ["all 2", "sums 2"]
    sums = client.get("/compare/" + chips(lost)["sums 2"].partition("#")[0])
    assert listed(sums) == [("sums", 1), ("sums", 2)]
    assert list(chips(sums))[:3] == [
        "both 3", "plover right, jahazi wrong 2", "plover wrong, jahazi right 1",
    ]  # fmt: skip


def test_another_model_can_be_chosen(client: Client, pair: list[Result]) -> None:
    third = make_scored(pair[0].board, {"sums": [0, 1, 1, 0], "words": [0, 1]}, name="osier")
    page = get(client, *pair, third)
    assert listed(page)[0] == ("sums", 1)
    other = client.get("/compare/" + chips(page)["osier"].partition("#")[0])
    assert listed(other) == [("sums", 0)]
    assert "plover right 3 1 plover wrong 0 2" in text_of(other)
    nonsense = get(client, *pair, third, with_="nobody")
    assert listed(nonsense) == listed(page)
    itself = get(client, *pair, third, with_=pair[0].public_id)
    assert listed(itself) == listed(page)


def test_square_and_p_are_those_worked_by_hand(client: Client, pair: list[Result]) -> None:
    text = text_of(get(client, *pair)).partition("Same items, both ways")[2]
    # Three flips of sums, two one way: p = 2 * (1 + 3) / 8 = 1. One flip of words: p = 1.
    assert "plover right 2 2 plover wrong 2 0" in text
    assert "Of 6 items 4 flipped. McNemar’s exact test over all of them: p = 1.000." in text  # noqa: RUF001
    assert "Sums both right 1, neither 0 2 1 = 1.000" in text
    assert "Words both right 1, neither 0 0 1 = 1.000" in text


def test_p_of_many_flips_one_way_is_exact(client: Client) -> None:
    pair = make_pair({"sums": [1.0] * 8}, {"sums": [0.0] * 8})
    # 2 / 2 to the 8th.
    assert "both right 0, neither 0 8 0 = 0.008" in text_of(get(client, *pair))


def test_scores_between_have_no_square_and_are_shown(client: Client) -> None:
    pair = make_pair({"sums": [0.25, 0.5, 1.0]}, {"sums": [0.75, 0.5, 0.5]})
    page = get(client, *pair)
    assert listed(page) == [("sums", 0), ("sums", 2)]
    text = text_of(page)
    assert "scores that aren’t 0 or 1: no McNemar 1 1 —" in text  # noqa: RUF001
    assert "plover scored higher 1 jahazi scored higher 1" in text
    assert "0.250" in text
    assert "Of 3 items" not in text


def test_documents_keep_their_own_numbers(client: Client) -> None:
    pair = make_pair({"sums": [1, 0, 1]}, {"sums": [1, 0, 0]}, start=70)
    assert listed(get(client, *pair)) == [("sums", 72)]
    assert exported(client, *pair)[1][1] == "72"


@pytest.mark.parametrize(
    ("page", "first", "count"), [("1", 0, 25), ("2", 25, 25), ("3", 50, 10), ("4", 50, 10),
                                 ("99999999", 0, 25), ("-1", 0, 25), ("x", 0, 25), ("٢", 0, 25)],
)  # fmt: skip
def test_pages_hold_twenty_five(client: Client, page: str, first: int, count: int) -> None:
    pair = make_pair(
        {"sums": [1.0] * 30, "words": [1.0] * 30}, {"sums": [0.0] * 30, "words": [0.0] * 30}
    )
    response = get(client, *pair, page=page)
    every = [("sums", n) for n in range(30)] + [("words", n) for n in range(30)]
    assert listed(response) == every[first : first + count]
    assert f"{first + 1} to {first + count} of 60" in text_of(response)
    assert ('rel="next"' in response.content.decode()) is (first < 50)
    assert len(exported(client, *pair, page=page)) == 61


def test_page_reads_no_more_texts_than_it_shows(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = make_pair({"sums": [1.0] * 1000}, {"sums": [0.0] * 1000})
    asked: list[int] = []
    rows = reading.Table.rows

    def counted(self: Any, numbers: Any, wanted: Any) -> Any:
        asked.append(len(numbers))
        return rows(self, numbers, wanted)

    monkeypatch.setattr(reading.Table, "rows", counted)
    assert len(listed(get(client, *pair, page=7))) == 25
    assert asked == [25, 25]


def test_withheld_tasks_are_counted_only(client: Client) -> None:
    pair = make_pair(
        {"sums": [1, 1], "closed": [1, 1, 0]}, {"sums": [1, 0], "closed": [0, 0, 1]},
        withheld=["closed"], questions=dict.fromkeys((0, 2), "What is the secret?"),
    )  # fmt: skip
    page = get(client, *pair)
    assert listed(page) == [("sums", 1)]
    assert "closed is withheld: 3 items of it flipped." in text_of(page)
    assert "closed 3" in chips(page)
    assert "Closed both right 0, neither 0 2 1" in text_of(page)
    alone = get(client, *pair, task="closed")
    assert listed(alone) == []
    assert "secret" not in alone.content.decode()
    assert [row[0] for row in exported(client, *pair)] == ["task", "sums"]
    assert exported(client, *pair, task="closed") == [HEADER]


def test_language_and_direction_are_said_of_texts(client: Client) -> None:
    pair = make_pair({"sums": [1.0]}, {"sums": [0.0]}, languages=["ar"], questions={0: "ما هو؟"})
    page = " ".join(get(client, *pair).content.decode().split())
    assert 'lang="ar" dir="rtl">ما هو؟' in page
    assert 'lang="ar" dir="rtl">red' in page


def test_hostile_texts_are_shown_as_text(client: Client) -> None:
    pair = make_pair({"sums": [1.0]}, {"sums": [0.0]}, questions={0: HOSTILE})
    page = get(client, *pair).content.decode()
    assert "<script>alert" not in page
    assert "\x00" not in page
    assert "\u202e" not in page


def test_formulas_are_disarmed_in_the_export(client: Client) -> None:
    pair = make_pair({"sums": [1.0]}, {"sums": [0.0]}, questions={0: "=1+1"})
    row = dict(zip(*exported(client, *pair), strict=True))
    assert row == {
        "task": "sums", "document": "0", "question": "'=1+1", "target": "red",
        "baseline": pair[0].public_id, "baseline_score": "1.0", "baseline_answer": "red",
        "other": pair[1].public_id, "other_score": "0.0", "other_answer": "blue",
    }  # fmt: skip


def test_export_holds_everything_that_flipped(client: Client) -> None:
    pair = make_pair({"sums": [1.0] * 1201}, {"sums": [0.0] * 1201})
    rows = exported(client, *pair)[1:]
    assert [int(row[1]) for row in rows] == list(range(1201))


def test_nothing_to_pair_is_nothing_to_export(client: Client, pair: list[Result]) -> None:
    other_documents(pair[1], "sums")
    for pins in ([], pair[:1], pair, ["x", "\x00"]):
        names = [one if isinstance(one, str) else one.public_id for one in pins]
        assert client.get("/compare.csv", {"pin": names}).status_code == 404


def test_lost_table_leaves_what_standard_errors_say(client: Client, pair: list[Result]) -> None:
    SampleTable.objects.filter(result=pair[1]).update(sha256=factories.digest("lost"))
    page = get(client, *pair)
    assert page.status_code == 200
    assert "There are no scores document by document of both" in text_of(page)
    assert "a table of samples is missing or can’t be read just now" in text_of(page)  # noqa: RUF001


def test_store_that_goes_away_leaves_the_counts(
    client: Client, pair: list[Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> Any:
        raise store.ArtefactMissingError("0" * 64, "the store is away")

    monkeypatch.setattr(reading.Table, "rows", away)
    page = get(client, *pair)
    assert page.status_code == 200
    assert "The samples can’t be read just now" in text_of(page)  # noqa: RUF001
    assert "Of 6 items 4 flipped." in text_of(page)
    export = client.get("/compare.csv", {"pin": [one.public_id for one in pair]})
    assert (export.status_code, export.headers["Content-Type"]) == (503, "text/plain")
    assert b"Traceback" not in export.content


@pytest.mark.parametrize("tasks", [1, 3])
def test_flips_of_many_tasks_take_no_more_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, tasks: int
) -> None:
    names = ["sums", "words", "patterns"][:tasks]
    pair = make_pair({n: [1.0] * 3 for n in names}, {n: [0.0] * 3 for n in names})
    get(client, *pair)
    with django_assert_num_queries(5):
        assert len(listed(get(client, *pair))) == 3 * tasks
    with django_assert_num_queries(5):
        assert len(exported(client, *pair)) == 3 * tasks + 1
