"""A comparison's query string: what is read of it, and what links hold."""

import pytest
from django.http import QueryDict

from leaderboard.compare.view import View


def test_query_string_says_everything_and_is_said_again() -> None:
    text = "pin=a&pin=b&with=b&direction=lost&task=sums&page=3"
    view = View.of(QueryDict(text))
    assert view == View(("a", "b"), "b", "lost", "sums", 3)
    assert view.link() == f"?{text}"


@pytest.mark.parametrize(
    "text", ["", "pin=", "pin=%20&page=0", "page=-1&direction=up", "page=9999999", "page=1.5"]
)
def test_nonsense_takes_the_defaults(text: str) -> None:
    assert View.of(QueryDict(text)) == View()


def test_filter_begins_at_the_first_page_and_a_page_keeps_the_filter() -> None:
    view = View.of(QueryDict("pin=a&pin=b&direction=gained&page=3"))
    assert view.link(task="sums") == "?pin=a&pin=b&direction=gained&task=sums"
    assert view.link(page=4) == "?pin=a&pin=b&direction=gained&page=4"


def test_baseline_comes_first_and_the_others_keep_their_order() -> None:
    view = View(("a", "b", "c"), "b", "lost", "sums", 2)
    assert view.based_on("c") == "?pin=c&pin=a&pin=b"
    assert view.without("b") == "?pin=a&pin=c&direction=lost&task=sums"
    assert view.without("c") == "?pin=a&pin=b&with=b&direction=lost&task=sums"


def test_hostile_text_is_quoted() -> None:
    view = View.of(QueryDict("pin=%22%3E%3Cb%3E%26pin=x"))
    assert view.link() == "?pin=%22%3E%3Cb%3E%26pin%3Dx"


def test_pins_are_bounded() -> None:
    many = "&".join(f"pin={number}" for number in range(500))
    assert len(View.of(QueryDict(many)).pins) == 30
