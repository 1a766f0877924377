"""The axis of a forest plot: what holds all intervals, and where they are drawn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.scoring.pairs import Difference
from leaderboard.charts.forest import Axis, Strip


def between(low: float, high: float) -> Difference:
    return Difference((low + high) / 2, 0.1, low, high, 0.5)


def test_axis_has_the_narrowest_steps_that_hold_everything() -> None:
    axis = Axis.over([between(-0.02, 0.01), between(0.0, 0.05)])
    assert [tick.value for tick in axis.ticks] == [-4, -2, 0, 2, 4]
    assert [tick.at for tick in axis.ticks] == [10, 30, 50, 70, 90]
    assert axis.strip(between(0.0, 0.05)) == Strip(50, 100, 75)


@pytest.mark.parametrize(("most", "step"), [(0.0, 0.1), (0.001, 0.1), (0.0026, 0.2), (1.0, 40)])
def test_steps_are_round(most: float, step: float) -> None:
    assert Axis.over([between(-most, most)]).step == step


def test_axis_of_nothing_is_there() -> None:
    assert Axis.over([]).step == 0.1


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=1))
def test_every_interval_fits_and_stays_in_order(ends: list[tuple[float, float]]) -> None:
    found = [between(*sorted(pair)) for pair in ends]
    axis = Axis.over(found)
    for strip in map(axis.strip, found):
        assert 0 <= strip.low <= strip.at <= strip.high <= 100


def test_what_lies_beyond_stands_at_the_end() -> None:
    assert Axis(40).strip(between(-9.0, 9.0)) == Strip(0, 100, 50)
