"""The board's score, against hand-worked values and its laws."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.scoring.aggregate import Estimate, mean_of

shares = st.floats(0, 1)
estimates = st.lists(st.builds(Estimate, shares, st.floats(0, 0.5)), min_size=1, max_size=60)


def test_mean_of_hand_worked_values() -> None:
    total = mean_of([Estimate(0.2, 0.03), Estimate(0.6, 0.04)])
    assert total.value == pytest.approx(0.4)
    # sqrt(0.03² + 0.04²) / 2 = 0.05 / 2
    assert total.stderr == pytest.approx(0.025)
    assert total.half_width == pytest.approx(1.959964 * 0.025)


@given(estimates)
def test_mean_lies_within_and_its_error_below_the_worst(parts: list[Estimate]) -> None:
    total = mean_of(parts)
    values = [part.value for part in parts]
    assert min(values) - 1e-12 <= total.value <= max(values) + 1e-12
    assert total.stderr is not None
    assert total.stderr <= max(part.stderr or 0 for part in parts) / math.sqrt(len(parts)) + 1e-12


@given(estimates, st.randoms())
def test_order_changes_nothing(parts: list[Estimate], chance: random.Random) -> None:
    shuffled = list(parts)
    chance.shuffle(shuffled)
    assert mean_of(shuffled) == mean_of(parts)


def test_one_unknown_error_makes_the_error_unknown() -> None:
    total = mean_of([Estimate(0.5, 0.1), Estimate(0.5, None)])
    assert (total.value, total.stderr, total.half_width) == (0.5, None, None)


def test_nothing_has_no_mean() -> None:
    with pytest.raises(ValueError, match="no benchmarks"):
        mean_of([])
