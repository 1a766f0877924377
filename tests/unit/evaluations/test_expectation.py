"""How far a score may move: the mean of what its benchmarks may."""

import pytest

from evaluations.scoring.equivalence import EQUIVALENCE_MARGIN, SCORE_TOLERANCE
from evaluations.scoring.expectation import Expectation, Measured, expectation


def plain(n: int) -> Measured:
    return Measured(n, [0.25], normalised=False)


def test_large_benchmarks_have_the_constants() -> None:
    assert expectation([plain(1000), plain(5000)]) == Expectation(
        SCORE_TOLERANCE, EQUIVALENCE_MARGIN
    )


def test_small_benchmark_may_move_by_one_document() -> None:
    found = expectation([plain(50), plain(1000)])
    assert found is not None
    assert found.r1 == pytest.approx((1 / 50 + SCORE_TOLERANCE) / 2)


def test_rescaling_stretches_both() -> None:
    found = expectation([Measured(1000, [0.75, 0.75], normalised=True)])
    assert found is not None
    assert (found.r1, found.r2) == pytest.approx((4 * SCORE_TOLERANCE, 4 * EQUIVALENCE_MARGIN))


@pytest.mark.parametrize(
    "benchmarks",
    [
        [],
        [plain(0)],
        [plain(1000), plain(0)],
        [plain(1000), Measured(9, [0.25, 0.5], normalised=True)],
        [Measured(9, [], normalised=True)],
    ],
)
def test_nothing_is_claimed_where_no_one_bound_holds(benchmarks: list[Measured]) -> None:
    assert expectation(benchmarks) is None
