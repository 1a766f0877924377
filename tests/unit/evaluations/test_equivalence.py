from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.scoring.equivalence import (
    EQUIVALENCE_MARGIN,
    TIE_NATS,
    Judgement,
    Pair,
    Verdict,
    judge,
    tolerance,
    weakest,
)

SAME = Pair("t", 0, exact=True, before=1.0, after=1.0, flipped=False)
CLOSE = replace(SAME, exact=False)
LOST = Pair("t", 0, exact=False, before=1.0, after=0.0, flipped=True)
GAINED = Pair("t", 0, exact=False, before=0.0, after=1.0, flipped=True)
TIED = replace(LOST, gap=TIE_NATS["float32"] / 2)


def judged(*pairs: Pair, precision: str = "float32", weighted: bool = False) -> Judgement:
    return judge(pairs, precision=precision, weighted=weighted)


def test_answers_that_are_equal_to_the_last_digit_are_r0() -> None:
    found = judged(*[SAME] * 10)
    assert (found.verdict, found.exact, found.agreement) == (Verdict.R0, 10, 1.0)


def test_other_digits_with_the_same_decisions_are_r1() -> None:
    found = judged(*[SAME] * 9, CLOSE)
    assert (found.verdict, found.exact, found.flipped) == (Verdict.R1, 9, 0)


def test_flip_of_a_near_tie_is_r1() -> None:
    found = judged(*[SAME] * 299, TIED)
    assert (found.verdict, found.flipped, found.explained) == (Verdict.R1, 1, 1)
    assert found.difference == pytest.approx(-1 / 300)


def test_one_document_may_flip_however_few_there_are() -> None:
    assert judged(SAME, SAME, TIED).verdict is Verdict.R1
    assert judged(SAME, TIED, TIED).verdict is Verdict.DIVERGED


@pytest.mark.parametrize("gap", [None, TIE_NATS["float32"], 1.0])
def test_flip_that_no_tie_explains_is_not_r1(gap: float | None) -> None:
    found = judged(*[SAME] * 999, replace(LOST, gap=gap))
    assert (found.verdict, found.explained) == (Verdict.R2, 0)


def test_tie_is_as_wide_as_the_precision_says() -> None:
    wide = replace(LOST, gap=0.01)
    assert judged(*[SAME] * 20, wide, precision="bfloat16").verdict is Verdict.R1
    assert judged(*[SAME] * 20, wide, precision="float32").verdict is Verdict.DIVERGED
    assert judged(*[SAME] * 20, TIED, precision="int3").verdict is Verdict.DIVERGED


def test_no_significant_difference_is_not_reproduction() -> None:
    """Forty documents of which four changed, two each way: nothing is shown by that."""
    found = judged(*[SAME] * 36, LOST, LOST, GAINED, GAINED)
    assert (found.mcnemar_p, found.difference) == (1.0, 0.0)
    assert found.tost_p is not None
    assert found.tost_p > 0.05
    assert found.verdict is Verdict.DIVERGED


def test_few_changes_among_many_documents_are_r2() -> None:
    found = judged(*[SAME] * 1990, *[LOST] * 5, *[GAINED] * 5)
    assert (found.verdict, found.lost, found.gained) == (Verdict.R2, 5, 5)
    assert found.agreement == pytest.approx(0.995)


def test_certain_difference_beyond_the_margin_diverged() -> None:
    found = judged(*[SAME] * 900, *[LOST] * 100)
    assert found.mcnemar_p is not None
    assert found.mcnemar_p < 1e-20
    assert found.verdict is Verdict.DIVERGED


def test_documents_without_numbers_are_judged_by_their_metrics_alone() -> None:
    plain = replace(SAME, before=None, after=None)
    assert judged(plain).verdict is Verdict.R0
    assert judged(plain, replace(plain, exact=False)).verdict is Verdict.R1
    found = judged(plain, replace(plain, exact=False, flipped=True))
    assert (found.verdict, found.difference, found.tost_p) == (Verdict.DIVERGED, None, None)


def test_values_between_0_and_1_have_no_mcnemar() -> None:
    found = judged(SAME, replace(SAME, before=0.5, after=0.5))
    assert (found.lost, found.gained, found.mcnemar_p) == (None, None, None)


def test_tasks_weigh_as_their_benchmark_says() -> None:
    pairs = [*[SAME] * 9, replace(LOST, task="small")]
    assert judged(*pairs, weighted=True).difference == pytest.approx(-0.1)
    assert judged(*pairs).difference == pytest.approx(-0.5)


def test_nothing_to_compare_is_an_error() -> None:
    with pytest.raises(ValueError, match="no document"):
        judged()


def test_overall_verdict_is_the_weakest() -> None:
    assert weakest([Verdict.R0, Verdict.R2, Verdict.R1]) is Verdict.R2
    assert weakest([Verdict.DIVERGED, Verdict.R0]) is Verdict.DIVERGED
    assert weakest([Verdict.R0]) is Verdict.R0


values = st.sampled_from([0.0, 1.0])
pairs = st.builds(
    lambda before, after, exact, gap: Pair(
        "t", 0, exact=exact and before == after, before=before, after=after,
        flipped=before != after, gap=gap if before != after else None,
    ),
    values, values, st.booleans(), st.none() | st.floats(0, 0.01),
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(pairs, min_size=1, max_size=200))
def test_verdict_never_says_more_than_was_seen(found: list[Pair]) -> None:
    verdict = judged(*found)
    tie = TIE_NATS["float32"]
    if verdict.verdict is Verdict.R0:
        assert all(pair.exact for pair in found)
    if verdict.verdict is Verdict.R1:
        assert all(p.gap is not None and p.gap < tie for p in found if p.flipped)
        assert verdict.difference is not None
        assert abs(verdict.difference) <= tolerance(len(found)) * (1 + 1e-9)
    if verdict.verdict is Verdict.R2:
        assert verdict.tost_p is not None
        assert verdict.tost_p < 0.05
        assert verdict.difference is not None
        assert abs(verdict.difference) <= EQUIVALENCE_MARGIN


@settings(deadline=None)
@given(st.lists(pairs, min_size=1, max_size=100), st.randoms(use_true_random=False))
def test_order_of_the_documents_changes_no_verdict(found: list[Pair], chance: object) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert judged(*shuffled).verdict is judged(*found).verdict


@settings(deadline=None)
@given(st.lists(pairs, min_size=1, max_size=100))
def test_swapping_the_runs_changes_no_verdict(found: list[Pair]) -> None:
    swapped = [replace(pair, before=pair.after, after=pair.before) for pair in found]
    assert judged(*swapped).verdict is judged(*found).verdict
