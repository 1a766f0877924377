"""A benchmark's value from its tasks' numbers, against hand-worked values and its laws."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.scoring.aggregate import Component, Estimate, benchmark_score

shares = st.floats(0, 1)
components = st.lists(
    st.builds(
        Component,
        st.sampled_from(["a", "b", "c", "d"]),
        st.builds(Estimate, shares, st.floats(0, 0.5)),
        st.just(10),
        st.floats(0, 0.9),
    ),
    min_size=1,
    max_size=12,
)


def component(
    task: str, value: float, stderr: float | None = 0.1, *, n: int = 10, b: float = 0.0
) -> Component:
    return Component(task, Estimate(value, stderr), n, b)


def test_tasks_count_the_same_unless_weighted() -> None:
    tasks = [component("law", 0.3, 0.06, n=1500), component("astronomy", 0.7, 0.08, n=500)]
    mean = benchmark_score(tasks, weighted=False, normalised=False)
    assert mean.value == pytest.approx(0.5)
    # sqrt(0.06² + 0.08²) / 2
    assert mean.stderr == pytest.approx(0.05)
    weighted = benchmark_score(tasks, weighted=True, normalised=False)
    # (0.3·1500 + 0.7·500) / 2000; sqrt((0.06·1500)² + (0.08·500)²) / 2000
    assert weighted.value == pytest.approx(0.4)
    assert weighted.stderr == pytest.approx(math.hypot(90, 40) / 2000)


def test_each_task_is_normalised_by_its_own_choices_before_the_mean() -> None:
    tasks = [
        component("two choices", 0.75, 0.04, b=0.5),  # (0.75 - 0.5) / 0.5 = 0.5, error 0.08
        component("five choices", 0.36, 0.04, b=0.2),  # 0.16 / 0.8 = 0.2, error 0.05
        component("below guessing", 0.2, 0.03, b=0.25),  # clipped to 0, error 0.04
    ]
    score = benchmark_score(tasks, weighted=False, normalised=True)
    assert score.value == pytest.approx(0.7 / 3)
    assert score.stderr == pytest.approx(math.sqrt(0.08**2 + 0.05**2 + 0.04**2) / 3)


def test_metrics_of_one_task_are_averaged_as_if_fully_correlated() -> None:
    score = benchmark_score(
        [component("ifeval", 0.4, 0.02), component("ifeval", 0.6, 0.04)],
        weighted=False,
        normalised=False,
    )
    assert (score.value, score.stderr) == pytest.approx((0.5, 0.03))


def test_a_metric_without_an_error_leaves_the_benchmark_without_one() -> None:
    for task in ("same", "other"):
        tasks = [component("same", 0.4), component(task, 0.6, None)]
        assert benchmark_score(tasks, weighted=False, normalised=False).stderr is None


@given(st.floats(0, 1), st.floats(0, 0.5), st.booleans())
def test_single_number_is_passed_on_to_the_last_bit(
    value: float, stderr: float, weighted: bool
) -> None:
    one = component("only", value, stderr, n=7)
    assert benchmark_score([one], weighted=weighted, normalised=False) == Estimate(value, stderr)


@given(components, st.booleans(), st.booleans(), st.randoms(use_true_random=False))
def test_order_does_not_matter_and_values_stay_shares(
    given: list[Component], weighted: bool, normalised: bool, chance: random.Random
) -> None:
    score = benchmark_score(given, weighted=weighted, normalised=normalised)
    assert -1e-12 <= score.value <= 1 + 1e-12
    assert score.stderr is not None
    shuffled = chance.sample(given, len(given))
    again = benchmark_score(shuffled, weighted=weighted, normalised=normalised)
    assert again.value == pytest.approx(score.value, abs=1e-12)
    assert again.stderr == pytest.approx(score.stderr, abs=1e-12)


def test_nothing_is_no_score() -> None:
    with pytest.raises(ValueError, match="not a score"):
        benchmark_score([], weighted=False, normalised=False)
