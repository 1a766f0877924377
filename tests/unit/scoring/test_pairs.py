import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from evaluations.scoring.pairs import Difference, difference, flips, holm
from evaluations.scoring.parts import Aggregate, Floats, Part, Stratum

binary_rows = arrays.arrays(np.bool_, (2, 40))


@settings(deadline=None)
@given(arrays.arrays(np.float64, (2, 25), elements=st.integers(0, 8).map(float)))
def test_one_task_is_scipys_paired_t_test(scores: Floats) -> None:
    if np.ptp(scores[1] - scores[0]) == 0:
        return
    found = difference([Stratum(1.0, scores)])
    expected = stats.ttest_rel(scores[1], scores[0])
    interval = expected.confidence_interval(0.95)
    assert found is not None
    assert found.p == pytest.approx(expected.pvalue, rel=1e-6, abs=1e-12)
    assert (found.low, found.high) == pytest.approx(tuple(interval), rel=1e-6, abs=1e-9)


def test_two_tasks_are_the_value_worked_by_hand() -> None:
    # Differences 1, 1, 0, 0 (mean 1/2, variance 1/3) and 1, 0 (mean 1/2, variance 1/2).
    one = Stratum(0.5, np.array([[0, 0, 0, 0], [1, 1, 0, 0]]))
    two = Stratum(2.0, np.array([[0, 0], [1, 0]]))
    found = difference([one, two])
    variances = 0.5**2 * (1 / 3) / 4, 2**2 * (1 / 2) / 2
    freedom = sum(variances) ** 2 / (variances[0] ** 2 / 3 + variances[1] ** 2 / 1)
    reach = stats.t.ppf(0.975, freedom) * math.sqrt(sum(variances))
    assert found is not None
    assert found.value == pytest.approx(0.5 * 0.5 + 2 * 0.5, rel=1e-12)
    assert found.stderr == pytest.approx(math.sqrt(sum(variances)), rel=1e-12)
    assert (found.low, found.high) == pytest.approx((1.25 - reach, 1.25 + reach), rel=1e-6)


def test_number_that_is_no_mean_has_a_normal_interval() -> None:
    part = Aggregate(2.0, np.array([0.1, 0.3]), np.array([0.03, 0.04]))
    found = difference([part])
    assert found is not None
    assert (found.value, found.stderr) == pytest.approx((0.4, 0.1))
    assert found.high - found.value == pytest.approx(0.1 * 1.959963984540054)
    assert found.p == pytest.approx(2 * stats.norm.sf(4.0))


def test_numbers_without_error_differ_for_certain_or_not_at_all() -> None:
    ps = [difference([Aggregate(1.0, np.array([0.1, value]), np.zeros(2))]) for value in (0.3, 0.1)]
    assert [found.p for found in ps if found] == [0.0, 1.0]


def test_holm_is_the_value_worked_by_hand() -> None:
    # In order 0.01, 0.02, 0.04 times 3, 2, 1: the last is no smaller than the one before.
    assert holm([0.04, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    assert holm([0.5, 0.6]) == [1.0, 1.0]
    assert (holm([]), holm([0.02])) == ([], [0.02])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_never_lowers_a_p_nor_changes_their_order(ps: list[float]) -> None:
    found = holm(ps)
    assert all(p <= corrected <= 1 for p, corrected in zip(ps, found, strict=True))
    order = sorted(range(len(ps)), key=ps.__getitem__)
    assert [found[place] for place in order] == sorted(found)


def test_equal_answers_differ_by_nothing() -> None:
    answers = np.tile(np.random.default_rng(0).random(50), (2, 1))
    assert difference([Stratum(1.0, answers)]) == Difference(0.0, 0.0, 0.0, 0.0, 1.0)


def test_difference_without_spread_is_not_certain() -> None:
    found = difference([Stratum(1.0, np.array([[0] * 10, [1] * 10]))])
    assert found is not None
    assert found.low < 1 < found.high


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [Stratum(1.0, np.array([[0], [1]]))],
        [Stratum(1.0, np.zeros((2, 0)))],
        [Aggregate(1.0, np.array([0.1, 0.2]), np.array([0.1, np.inf]))],
    ],
    ids=["no part", "one document", "no document", "no standard error"],
)
def test_nothing_is_said_where_the_uncertainty_is_unknown(parts: list[Part]) -> None:
    assert difference(parts) is None


def test_difference_of_other_than_two_models_is_refused() -> None:
    with pytest.raises(ValueError, match="3 models"):
        difference([Stratum(1.0, np.zeros((3, 10)))])


def test_confidence_in_per_cent_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        difference([Stratum(1.0, np.zeros((2, 10)))], confidence=95)


def test_interval_holds_the_truth_on_95_percent_of_boards() -> None:
    random, held = np.random.default_rng(1), 0
    for _ in range(2000):
        easy, hard = random.random((2, 80)) < 0.8, random.random((2, 30)) < 0.4
        found = difference([Stratum(0.5, easy), Stratum(0.5, hard)])
        assert found is not None
        held += found.low <= 0 <= found.high
    assert abs(held / 2000 - 0.95) <= 0.02


@settings(deadline=None)
@given(binary_rows)
def test_flips_are_those_of_scipys_test(scores: Any) -> None:
    first, second = scores
    found = flips(first, second)
    assert [i for i in range(40) if first[i] and not second[i]] == found.lost.tolist()
    assert [i for i in range(40) if second[i] and not first[i]] == found.gained.tolist()
    changed = len(found.lost) + len(found.gained)
    assert found.same == 40 - changed
    if changed:
        p = stats.binomtest(len(found.lost), changed).pvalue
        assert found.mcnemar_p == pytest.approx(p, rel=1e-9)


def test_scores_between_0_and_1_have_flips_and_no_mcnemar() -> None:
    found = flips(np.array([0.5, 1.0, 0.0]), np.array([0.25, 1.0, 1.0]))
    assert (found.lost.tolist(), found.gained.tolist()) == ([0], [2])
    assert (found.same, found.mcnemar_p) == (1, None)


def test_flips_of_other_documents_are_refused() -> None:
    with pytest.raises(ValueError, match="not the same documents"):
        flips(np.zeros(3), np.zeros(4))
    with pytest.raises(ValueError, match="finite"):
        flips(np.zeros(1), np.array([np.nan]))
