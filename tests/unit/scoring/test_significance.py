import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evaluations.scoring.significance import mcnemar, student_point, student_tail, tost


@pytest.mark.parametrize(
    ("lost", "gained", "p"),
    [
        (0, 0, 1.0),
        (5, 5, 1.0),
        # By hand: 2 · 1/2^5; 2 · (1 + 8)/2^8; 2 · (1 + 10 + 45)/2^10.
        (5, 0, 0.0625),
        (1, 7, 0.0703125),
        (2, 8, 0.109375),
        # Fagerland, Lydersen and Laake 2013, table 1: 1 and 7 discordant pairs give 0.070.
        (7, 1, 0.0703125),
    ],
)
def test_mcnemar_is_the_value_worked_by_hand(lost: int, gained: int, p: float) -> None:
    assert mcnemar(lost, gained) == p


@settings(deadline=None)
@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemar_is_scipys_binomial_test(lost: int, gained: int) -> None:
    p = mcnemar(lost, gained)
    assert p == mcnemar(gained, lost)
    if lost + gained:
        assert p == pytest.approx(stats.binomtest(lost, lost + gained).pvalue, rel=1e-9)


@settings(deadline=None)
@given(st.floats(-60, 60), st.integers(1, 200_000))
def test_students_tail_is_scipys(t: float, freedom: int) -> None:
    assert student_tail(t, freedom) == pytest.approx(stats.t.sf(t, freedom), rel=1e-6, abs=1e-200)


def test_tost_is_the_value_worked_by_hand() -> None:
    """Mean 0.5, standard deviation 1, n = 4: t = (2 - 0.5) / 0.5 = 3 with 3 degrees of freedom.

    The tail of t = 3 with three is 1/2 - (θ + sin θ cos θ)/π with tan θ = t/√3.
    """
    changes = [0.5 + x * math.sqrt(3) / 2 for x in (-1, -1, 1, 1)]
    angle = math.atan(3 / math.sqrt(3))
    by_hand = 0.5 - (angle + math.sin(angle) * math.cos(angle)) / math.pi
    assert tost(changes, margin=2) == pytest.approx(by_hand, rel=1e-12)


@settings(deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=2, max_size=60).filter(lambda x: max(x) - min(x) > 1e-3))
def test_tost_is_the_larger_of_scipys_two_tests(changes: list[float]) -> None:
    one = stats.ttest_1samp(changes, -0.2, alternative="greater").pvalue
    other = stats.ttest_1samp(changes, 0.2, alternative="less").pvalue
    assert tost(changes, margin=0.2) == pytest.approx(max(one, other), rel=1e-6, abs=1e-12)


def test_tost_without_spread_looks_at_the_value() -> None:
    assert tost([0.0] * 5, margin=0.1) == 0.0
    assert tost([0.2] * 5, margin=0.1) == 1.0
    assert tost([0.0], margin=0.1) is None


@settings(deadline=None)
@given(st.floats(0.5, 0.999), st.floats(1, 2e6))
def test_students_point_is_scipys(confidence: float, freedom: float) -> None:
    expected = stats.t.ppf((1 + confidence) / 2, freedom)
    assert student_point(confidence, freedom) == pytest.approx(expected, rel=1e-4)


def test_students_point_without_end_of_freedom_is_the_normal_one() -> None:
    assert student_point(0.95, math.inf) == pytest.approx(1.959963984540054, rel=1e-12)
