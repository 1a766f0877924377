import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.charts.pareto import front

NUMBERS = st.integers(0, 6) | st.floats(-10, 10)


def dominates(a, b):
    return a[0] <= b[0] and a[1] >= b[1] and a != b


@given(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=40))
def test_front_holds_what_nothing_dominates_and_each_other_point_is_dominated_by_one_of_it(points):
    line = front(points)
    assert sorted(line) == [
        place for place, p in enumerate(points) if not any(dominates(q, p) for q in points)
    ]
    for place in set(range(len(points))).difference(line):
        assert any(dominates(points[best], points[place]) for best in line)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=40))
def test_front_goes_from_left_to_right_and_never_down(points):
    line = [points[place] for place in front(points)]
    assert line == sorted(line)


@pytest.mark.parametrize(
    ("points", "line"),
    [
        ([], []),
        ([(1, 1)], [0]),
        ([(1, 1), (1, 1)], [0, 1]),
        ([(1, 1), (1, 2)], [1]),
        ([(1, 1), (2, 1)], [0]),
        ([(2, 3), (1, 1)], [1, 0]),
    ],
)
def test_front_of_few_points(points, line):
    assert front(points) == line
