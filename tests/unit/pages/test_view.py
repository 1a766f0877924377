import pytest

from evaluations.licences import may_redistribute
from leaderboard.api.standings import View, _cell


@pytest.mark.parametrize(
    ("query", "view"),
    [
        ({}, View("", "score", "desc")),
        ({"q": "  mti "}, View("mti", "score", "desc")),
        ({"sort": "model"}, View("", "model", "asc")),
        ({"sort": "model", "order": "desc"}, View("", "model", "desc")),
        ({"sort": "", "order": "sideways"}, View("", "score", "desc")),
    ],
)
def test_view_is_read_from_a_query_string(query, view):
    assert View.of(query) == view


@pytest.mark.parametrize(
    "query", ["", "q=a%26b", "sort=model", "sort=model&order=desc", "q=x&sort=sums&order=asc"]
)
def test_view_writes_the_query_string_it_was_read_from(query):
    pairs = dict(part.split("=") for part in query.replace("%26", "\0").split("&") if part)
    view = View.of({key: value.replace("\0", "&") for key, value in pairs.items()})
    assert view.query_string() == query


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1"])
def test_cell_that_a_spreadsheet_would_run_is_disarmed(text):
    assert _cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["local:mti", 1, -0.5, None, ""])
def test_cell_that_is_harmless_stays(value):
    assert _cell(value) == value


@pytest.mark.parametrize(
    ("licence", "may"),
    [
        ("apache-2.0", True), ("mit", True), ("bsd-3-clause", True), ("cc-by-sa-4.0", True),
        ("cc-by-nc-4.0", False), ("openrail", False), ("llama3", False), ("", False),
    ],
)  # fmt: skip
def test_licence_decides_whether_a_model_is_handed_on(licence, may):
    assert may_redistribute(licence) is may
