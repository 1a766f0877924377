"""How often all rank ranges of a board hold at once, on boards whose truth is known.

Each figure is a share of hundreds of boards, so it has a standard error of its own: 0.5 points
where the truth is 95 % and there are 2,000 boards.
"""

from collections.abc import Callable

import numpy as np

from evaluations.scoring.parts import Aggregate, Floats, Part, Stratum
from evaluations.scoring.ranking import rank

Board = tuple[list[Part], Floats]


def _answers(chances: Floats, random: np.random.Generator) -> Stratum:
    """Return right and wrong answers where each model has its own luck with each document."""
    return Stratum(1.0, random.random(chances.shape) < chances)


def _chances(abilities: Floats, documents: int, random: np.random.Generator) -> Floats:
    """Return chances of right answers by ability and difficulty (models, documents)."""
    difficulty = random.normal(0, 1.5, documents)
    return 1 / (1 + np.exp(difficulty[None, :] - abilities[:, None]))


def _coverage(make: Callable[[np.random.Generator], Board], boards: int) -> float:
    """Return on which share of boards no rank range leaves out a rank that the truth allows.

    A model's true ranks run from one more than the better models to all but the worse ones; with
    equal abilities they are several, and each has to be covered.
    """
    covered = 0
    for number in range(boards):
        # Another stream than the bootstrap's, which must know nothing of the board.
        parts, truth = make(np.random.default_rng([number, 1]))
        scores = sum(
            p.weight * (p.scores.mean(axis=1) if isinstance(p, Stratum) else p.values)
            for p in parts
        )
        found = rank(np.asarray(scores), parts, seed=number, replicates=400)
        first = 1 + (truth[None, :] > truth[:, None]).sum(axis=1)
        last = len(truth) - (truth[None, :] < truth[:, None]).sum(axis=1)
        covered += bool((found.first <= first).all() and (found.last >= last).all())
    return covered / boards


def _equal(documents: int, models: int = 8) -> Callable[[np.random.Generator], Board]:
    def make(random: np.random.Generator) -> Board:
        return [_answers(_chances(np.zeros(models), documents, random), random)], np.zeros(models)

    return make


def test_equal_models_are_all_covered_on_95_percent_of_boards() -> None:
    # The least favourable case: any pair that is told apart is a mistake.
    assert abs(_coverage(_equal(250), 4000) - 0.95) <= 0.02


def test_few_documents_make_nobody_too_sure() -> None:
    assert _coverage(_equal(40), 2000) >= 0.93


def test_many_equal_models_are_covered() -> None:
    assert abs(_coverage(_equal(250, models=60), 1500) - 0.95) <= 0.02


def test_continuous_and_skewed_scores_are_covered() -> None:
    def make(random: np.random.Generator) -> Board:
        scores = random.exponential(1, (8, 250)) * random.exponential(1, 250)[None, :]
        return [Stratum(0.5, scores)], np.zeros(8)

    assert _coverage(make, 2000) >= 0.93


def test_spread_models_are_covered() -> None:
    truth = np.repeat([0.0, 0.25, 0.5, 1.5], 3)

    def make(random: np.random.Generator) -> Board:
        return [_answers(_chances(truth, 250, random), random)], truth

    assert _coverage(make, 2000) >= 0.93


def test_two_strata_of_different_sizes_and_weights_are_covered() -> None:
    def make(random: np.random.Generator) -> Board:
        sizes, weights = (60, 700), (0.5, 0.5 / 0.75)
        strata: list[Part] = [
            Stratum(weight, _answers(_chances(np.zeros(8), size, random), random).scores)
            for size, weight in zip(sizes, weights, strict=True)
        ]
        return strata, np.zeros(8)

    assert abs(_coverage(make, 2000) - 0.95) <= 0.02


def test_models_that_differ_between_tasks_but_not_in_the_mean_are_covered() -> None:
    chances = np.array([0.3, 0.5, 0.7])

    def make(random: np.random.Generator) -> Board:
        one = np.broadcast_to(chances[:, None], (3, 150))
        strata: list[Part] = [_answers(one, random), _answers(1 - one, random)]
        return strata, np.zeros(3)

    assert abs(_coverage(make, 2000) - 0.95) <= 0.02


def test_near_copies_of_few_models_are_covered() -> None:
    # A finetune answers nearly every document as its parent does.
    def make(random: np.random.Generator) -> Board:
        family = np.repeat(random.random((3, 250)) < 0.5, 4, axis=0)
        flipped = random.random((12, 250)) < 0.03
        return [Stratum(1.0, family ^ flipped)], np.zeros(12)

    assert _coverage(make, 2000) >= 0.93


def test_a_number_that_is_no_mean_is_covered() -> None:
    def make(random: np.random.Generator) -> Board:
        error = np.full(8, 0.03)
        answers = _answers(_chances(np.zeros(8), 250, random), random)
        return [answers, Aggregate(1.0, random.normal(0.4, error), error)], np.zeros(8)

    assert abs(_coverage(make, 2000) - 0.95) <= 0.02
