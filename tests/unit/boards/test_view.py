from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from hypothesis import example, given
from hypothesis import strategies as st

from leaderboard.boards.view import View

#: Text as an address can carry it: no halves of surrogate pairs.
TEXT = st.text(st.characters(codec="utf-8"), max_size=25)
NAMES = st.sampled_from(
    ["q", "sort", "order", "least", "most", "scale", "rows", "per", "page", "columns", "pin",
     "evidence", "type", "licence", "precision", "engine", "utm_source"]
)  # fmt: skip
VALUES = TEXT | st.sampled_from(
    ["asc", "desc", "score", "model", "size", "energy", "normalised", "compact", "none", "chat",
     "25", "200", "2", "999999", "1000000", "007", " ", "x" * 310, "x" * 300 + "  y"]
)  # fmt: skip
QUERIES = st.lists(st.tuples(NAMES, VALUES), max_size=40).map(urlencode)


def read(query):
    return View.of(QueryDict(query))


@given(QUERIES)
@example(urlencode({"q": "x" * 300 + "  y", "most": "1" * 19 + "  2"}))
def test_view_is_the_one_that_its_own_query_string_asks_for(query):
    view = read(query)
    assert read(view.query_string()) == view


@given(QUERIES)
def test_query_string_is_written_in_one_way(query):
    written = read(query).query_string()
    assert read(written).query_string() == written


@pytest.mark.parametrize(
    ("query", "view"),
    [
        ("", View()),
        ("q=++mti+", View(q="mti")),
        ("sort=model", View(sort="model", order="asc")),
        ("sort=model&order=desc", View(sort="model", order="desc")),
        ("sort=&order=sideways", View()),
        ("type=b&type=&type=b&type=a", View(chosen={"type": ("b", "a")})),
        ("licence=", View()),
        ("least=+1B&most=" + "9" * 30, View(least="1B", most="9" * 20)),
        ("columns=sums&columns=patterns", View(columns=("sums", "patterns"))),
        ("scale=normalised&rows=compact", View(normalised=True, compact=True)),
        ("scale=x&rows=x", View()),
        ("page=3&per=25", View(page=3, per=25)),
        ("page=0&per=26", View()),
        ("page=-1&per=-25", View()),
        ("page=%D9%A3&per=x", View()),
        ("page=9999999", View()),
        ("utm_source=feed", View()),
    ],
)  # fmt: skip
def test_view_is_read_from_a_query_string(query, view):
    assert read(query) == view


@pytest.mark.parametrize(
    "query",
    ["", "q=a%26b", "sort=model", "sort=model&order=desc", "q=x&sort=sums&order=asc",
     "least=1B&scale=normalised&rows=compact&per=25&page=2&licence=mit&columns=sums&pin=k7"],
)  # fmt: skip
def test_view_writes_the_query_string_it_was_read_from(query):
    assert read(query).query_string() == query


def test_any_change_but_the_page_begins_at_the_first_page():
    view = read("q=x&page=3")
    assert view.query_string() == "q=x&page=3"
    assert view.query_string(sort="model") == "q=x&sort=model&order=desc"
    assert view.query_string(page=4) == "q=x&page=4"
    assert view.toggled("licence", "mit") == "?q=x&licence=mit"


def test_toggling_twice_changes_nothing():
    view = read("licence=mit&type=chat")
    assert view.toggled("licence", "none") == "?type=chat&licence=mit&licence=none"
    assert view.toggled("licence", "mit") == "?type=chat"
    twice = read(view.toggled("type", "base")[1:]).toggled("type", "base")
    assert twice == "?type=chat&licence=mit"


def test_no_more_than_ten_results_are_pinned():
    pins = [f"r{number}" for number in range(12)]
    assert read(urlencode([("pin", pin) for pin in pins])).pins == tuple(pins[:10])


def test_facet_takes_no_more_than_two_hundred_values():
    query = urlencode([("licence", number) for number in range(300)])
    assert len(read(query).chosen["licence"]) == 200
