from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.charts.labels import Box, Wanted, placed, shortened

WITHIN = Box(0, 0, 606, 212)
WANTED = st.builds(
    Wanted,
    st.integers(0, 606),
    st.integers(0, 212),
    st.text(min_size=1, max_size=18),
)
AROUND = st.builds(
    lambda x, y: Box(x - 5, y - 5, x + 5, y + 5), st.integers(0, 606), st.integers(0, 212)
)


@given(st.lists(WANTED, max_size=30), st.lists(AROUND, max_size=10), st.sampled_from([12, 22]))
def test_labels_never_overlap_cover_nothing_and_stay_within(wanted, around, size):
    found = placed(wanted, size=size, within=WITHIN, around=around)
    boxes = [label.box for label in found]
    assert not any(a.meets(b) for a, b in combinations(boxes, 2))
    assert not any(box.meets(other) for box in boxes for other in around)
    assert all(box.inside(WITHIN) for box in boxes)
    assert [label.text for label in found] == [wanted[label.place].text for label in found]


def test_of_two_names_for_one_place_the_first_gets_it():
    wanted = [Wanted(100, 100, "first"), Wanted(100, 100, "second")]
    within = Box(0, 80, 100, 100)
    assert [label.text for label in placed(wanted, size=12, within=within)] == ["first"]


def test_a_name_moves_to_a_free_place():
    wanted = [Wanted(100, 100, "first"), Wanted(100, 100, "second")]
    anchors = [label.anchor for label in placed(wanted, size=12, within=WITHIN)]
    assert anchors == ["end", "start"]


@pytest.mark.parametrize(
    ("name", "text"), [("a" * 18, "a" * 18), ("a" * 19, "a" * 17 + "…"), ("", "")]
)
def test_long_names_are_cut_and_show_it(name, text):
    assert shortened(name) == text
