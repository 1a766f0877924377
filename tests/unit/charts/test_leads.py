from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.boards.leads import leads
from tests.unit.charts.rows import FIRST, row


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 100)), max_size=30))
def test_a_lead_is_greater_than_everything_published_before_it(pairs):
    rows = [
        row(n, value=v / 100, published_at=FIRST + timedelta(days=day))
        for n, (day, v) in enumerate(pairs)
    ]
    found = leads(rows)
    values = [lead.row.estimate.value for lead in found]
    assert values == sorted(set(values))
    for each in rows:
        earlier = [
            lead for lead in found
            if lead.row.published_at <= each.published_at
        ]  # fmt: skip
        assert max(lead.row.estimate.value for lead in earlier) >= each.estimate.value


def test_lead_says_by_how_much_and_an_equal_score_takes_none():
    rows = [row(n, value=value) for n, value in enumerate((0.5, 0.4, 0.5, 0.75))]
    found = [(lead.row.result, lead.better_by) for lead in leads(rows)]
    assert found == [("r0", None), ("r3", 0.25)]


def test_of_two_results_of_one_moment_the_greater_one_leads_alone():
    rows = [row(n, value=value, published_at=FIRST) for n, value in enumerate((0.4, 0.5))]
    assert [lead.row.result for lead in leads(rows)] == ["r1"]


@pytest.mark.parametrize(
    ("source", "path"), [("hf", "org/model-0"), ("local", "local/org/model-0")]
)
def test_lead_knows_the_page_of_its_model(source, path):
    assert leads([row(source=source)])[0].path == path
