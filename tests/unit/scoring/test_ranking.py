"""What a ranking promises whatever the answers are; `test_coverage` is about how often it errs.

Warnings are errors in all tests, so a NaN or a division by 0 fails them.
"""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from evaluations.scoring.parts import Aggregate, Floats, Part, Stratum
from evaluations.scoring.ranking import Ranking, rank

# Eighths, so that ties and equal answers are common and sums are exact.
marks = st.integers(0, 8).map(lambda eighths: eighths / 8)


@st.composite
def boards(draw: st.DrawFn) -> list[Part]:
    """Up to 7 models, 3 tasks and one number without documents."""
    models = draw(st.integers(1, 7))
    parts: list[Part] = []
    for n in draw(st.lists(st.integers(1, 40), max_size=3)):
        weight = draw(st.sampled_from([0.0, 0.5, 1.0, 4.0]))
        parts.append(Stratum(weight, draw(arrays.arrays(np.float64, (models, n), elements=marks))))
    errors = st.sampled_from([0.0, 0.02, np.inf])
    if not parts or draw(st.booleans()):
        values = draw(arrays.arrays(np.float64, models, elements=marks))
        parts.append(
            Aggregate(0.5, values, draw(arrays.arrays(np.float64, models, elements=errors)))
        )
    return parts


def scores_of(parts: Sequence[Part]) -> Floats:
    sums = [
        part.weight * (part.scores.mean(axis=1) if isinstance(part, Stratum) else part.values)
        for part in parts
    ]
    return np.asarray(sum(sums), np.float64)


def ranked(parts: Sequence[Part], *, scores: Floats | None = None, seed: int = 0) -> Ranking:
    known = scores_of(parts) if scores is None else scores
    return rank(known, parts, seed=seed, replicates=100)


def chosen(parts: Sequence[Part], models: Sequence[int], shift: float = 0.0) -> list[Part]:
    """Return the parts with other rows, or the same in another order."""
    rows = list(models)
    return [
        Stratum(part.weight, np.asarray(part.scores[rows], np.float64) + shift)
        if isinstance(part, Stratum)
        else Aggregate(part.weight, part.values[rows] + shift, part.stderrs[rows])
        for part in parts
    ]


def separations(ranking: Ranking) -> list[list[bool]]:
    models = range(len(ranking.first))
    return [[ranking.separable(i, j) for j in models] for i in models]


def said(ranking: Ranking) -> list[list[int]]:
    numbers = (ranking.place, ranking.first, ranking.last, ranking.bracket)
    return [found.tolist() for found in numbers]


def accurate(rates: Sequence[float], documents: int = 400, seed: int = 0) -> list[Part]:
    """Return a board of one task whose models are right on that share of documents."""
    drawn = np.random.default_rng(seed).random((len(rates), documents))
    return [Stratum(1.0, drawn < np.array(rates)[:, None])]


@settings(deadline=None)
@given(boards())
def test_ranges_agree_with_places_and_separations(parts: list[Part]) -> None:
    scores = scores_of(parts)
    found = ranked(parts)
    apart = np.array(separations(found))
    assert (apart == apart.T).all()
    higher = scores[:, None] > scores[None, :]
    count = len(scores)
    assert found.place.tolist() == (1 + higher.sum(axis=0)).tolist()
    assert found.first.tolist() == (1 + (apart & higher).sum(axis=0)).tolist()
    assert found.last.tolist() == (count - (apart & higher).sum(axis=1)).tolist()
    assert not (apart & ~higher & ~higher.T).any()
    assert ((found.first >= 1) & (found.first <= found.place)).all()
    assert ((found.place <= found.last) & (found.last <= count)).all()


@settings(deadline=None)
@given(boards())
def test_brackets_hold_what_cannot_be_told_from_their_first_row(parts: list[Part]) -> None:
    found = ranked(parts)
    scores = scores_of(parts)
    assert sorted(found.order.tolist()) == list(range(len(scores)))
    assert (np.diff(scores[found.order]) <= 0).all()
    expected, leader, number = [], -1, 0
    for model in found.order.tolist():
        if leader < 0 or found.separable(leader, model):
            leader, number = model, number + 1
        expected.append(number)
    assert found.bracket[found.order].tolist() == expected


@settings(deadline=None)
@given(boards(), st.data())
def test_the_order_of_models_changes_nothing(parts: list[Part], data: st.DataObject) -> None:
    before = ranked(parts)
    models = data.draw(st.permutations(range(len(before.first))))
    after = ranked(chosen(parts, models))
    assert after.critical == before.critical
    assert said(after) == [[row[model] for model in models] for row in said(before)]
    apart = separations(before)
    assert separations(after) == [[apart[i][j] for j in models] for i in models]


@settings(deadline=None)
@given(boards(), st.sampled_from([-2.0, 0.5, 8.0]))
def test_a_constant_added_to_all_models_changes_nothing(parts: list[Part], shift: float) -> None:
    # A mean may round otherwise after the shift, which would part equal scores.
    scores = scores_of(parts)
    before = ranked(parts)
    after = ranked(chosen(parts, range(len(scores)), shift), scores=scores)
    assert after.critical == before.critical
    assert said(after) == said(before)


@settings(deadline=None)
@given(boards())
def test_a_copy_of_a_model_is_tied_with_it(parts: list[Part]) -> None:
    models = list(range(parts[0].models))
    found = ranked(chosen(parts, [*models, 0]))
    assert not found.separable(0, len(models))
    assert found.place[0] == found.place[-1]
    assert found.bracket[0] == found.bracket[-1]


@settings(deadline=None)
@given(boards())
def test_the_same_seed_says_the_same(parts: list[Part]) -> None:
    assert said(ranked(parts, seed=7)) == said(ranked(parts, seed=7))


def test_far_models_are_told_apart_and_near_ones_are_not() -> None:
    found = ranked(accurate([0.2, 0.8, 0.5, 0.81]))
    assert said(found)[1:] == [[4, 1, 3, 1], [4, 2, 3, 2], [3, 1, 2, 1]]
    assert found.separable(0, 1)
    assert found.separable(1, 0)
    assert not found.separable(1, 3)
    assert not found.separable(1, 1)


def test_pairing_tells_models_apart_that_err_on_the_same_documents() -> None:
    right = np.random.default_rng(0).random(1000) < 0.5
    better = right.copy()
    better[np.flatnonzero(~right)[:40]] = True
    paired = ranked([Stratum(1.0, np.array([right, better]))])
    assert paired.separable(0, 1)
    assert not ranked([Stratum(1.0, np.array([right, np.roll(better, 1)]))]).separable(0, 1)


def test_a_bracket_takes_rows_that_are_apart_from_each_other_only_through_its_first() -> None:
    found = ranked(accurate([0.60, 0.52, 0.44], 300))
    assert said(found)[1:] == [[1, 1, 2], [2, 3, 3], [1, 1, 2]]


def test_more_models_raise_the_bar() -> None:
    few, many = ranked(accurate([0.5] * 3)).critical, ranked(accurate([0.5] * 600)).critical
    assert few is not None
    assert many is not None
    assert few < many


def test_tiles_are_joined_without_a_seam() -> None:
    # 1,100 models make several tiles; every rank range is counted from single pairs.
    parts = accurate(np.linspace(0.1, 0.9, 1100).tolist(), 200)
    scores = scores_of(parts)
    found = ranked(parts)
    assert found.separable(int(found.order[512]), int(found.order[1020]))
    for model in (0, 511, 512, 513, 700, 1023, 1024, 1099):
        apart = np.array([found.separable(model, other) for other in range(1100)])
        assert found.first[model] == 1 + (apart & (scores > scores[model])).sum()
        assert found.last[model] == 1100 - (apart & (scores < scores[model])).sum()


def test_the_bar_is_the_naive_one() -> None:
    """With many pairs the maximum is that of a plain loop over all of them, none left out."""
    parts = accurate(np.linspace(0.3, 0.7, 400).tolist(), 100)
    assert isinstance(parts[0], Stratum)
    scores = scores_of(parts)
    found = ranked(parts, seed=3)
    centred = (parts[0].scores - scores[:, None])[found.order]
    bits = np.random.Generator(np.random.PCG64(3)).integers(0, 256, (100, 13), np.uint8)
    signs = 2.0 * np.unpackbits(bits, axis=1, count=100) - 1
    maxima = np.zeros(100)
    for i in range(400):
        differences = centred[i] - centred[i + 1 :]
        errors = differences.std(axis=1, ddof=1) * np.sqrt(100)
        moved = np.abs(signs @ differences.T) * np.sqrt(100 / 99) / errors
        maxima = np.maximum(maxima, moved.max(axis=1, initial=0))
    assert found.critical == pytest.approx(np.sort(maxima)[95], abs=0.001)


def test_one_model_is_the_first_and_the_last() -> None:
    found = ranked(accurate([0.5]))
    assert (said(found), found.critical) == ([[1], [1], [1], [1]], None)


def test_no_model_has_no_rank() -> None:
    assert said(ranked([Stratum(1.0, np.zeros((0, 5)))])) == [[], [], [], []]


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [Stratum(1.0, np.zeros((3, 0)))],
        [Stratum(1.0, np.array([[0], [1], [1]]))],
        [Stratum(0.0, np.eye(3))],
        [*accurate([0.1, 0.5, 0.9]), Aggregate(0.1, np.zeros(3), np.full(3, np.inf))],
    ],
    ids=["no part", "no document", "one document", "no weight", "no standard error"],
)
def test_where_the_uncertainty_is_unknown_every_rank_is_possible(parts: list[Part]) -> None:
    found = ranked(parts, scores=np.array([0.1, 0.5, 0.9]))
    assert said(found) == [[3, 2, 1], [1, 1, 1], [3, 3, 3], [1, 1, 1]]
    assert found.critical is None


def test_one_model_without_a_standard_error_leaves_the_others_their_ranks() -> None:
    errors = np.array([0.01, np.inf, 0.01])
    found = ranked([Aggregate(1.0, np.array([0.1, 0.5, 0.9]), errors)])
    assert said(found) == [[3, 2, 1], [2, 1, 1], [3, 3, 2], [2, 1, 1]]


def test_equal_answers_share_everything() -> None:
    # Nor does what rounding leaves of their differences count as one.
    answers = np.random.default_rng(0).random((1, 1001)).repeat(37, axis=0)
    found = ranked([Stratum(1.0, answers)])
    assert said(found) == [[1] * 37, [1] * 37, [37] * 37, [1] * 37]
    assert found.critical == 0


def test_all_right_and_all_wrong_are_told_apart_by_enough_documents() -> None:
    def apart(documents: int) -> bool:
        answers = np.repeat([[False], [True]], documents, axis=1)
        crowd = np.random.default_rng(0).random((6, documents)) < 0.5
        return ranked([Stratum(1.0, np.concatenate([answers, crowd]))]).separable(0, 1)

    assert apart(40)
    assert not apart(5)


def test_a_score_cut_off_at_guessing_is_not_told_from_another_one() -> None:
    parts = accurate([0.05, 0.22, 0.8])
    published = np.maximum(0, (scores_of(parts) - 0.25) / 0.75)
    found = ranked([Stratum(1 / 0.75, part.scores) for part in parts if isinstance(part, Stratum)],
                   scores=published)  # fmt: skip
    assert said(found) == [[2, 2, 1], [2, 2, 1], [3, 3, 1], [2, 2, 1]]


@pytest.mark.parametrize(
    ("scores", "replicates", "confidence", "message"),
    [
        ([0.1, np.nan], 100, 0.95, "one finite number"),
        ([[0.1, 0.2]], 100, 0.95, "one finite number"),
        ([0.1, 0.2, 0.3], 100, 0.95, "about 2 models, and the board about 3"),
        ([0.1, 0.2], 20, 0.95, "at least 100"),
        ([0.1, 0.2], 100, 95.0, "between 0 and 1"),
    ],
)
def test_bad_arguments_are_refused(
    scores: list[float], replicates: int, confidence: float, message: str
) -> None:
    parts = accurate([0.1, 0.2])
    with pytest.raises(ValueError, match=message):
        rank(np.array(scores), parts, seed=0, replicates=replicates, confidence=confidence)


def test_bad_parts_are_refused() -> None:
    one = np.array([0.1])
    with pytest.raises(ValueError, match="must be finite"):
        Stratum(1.0, np.array([[0.1, np.nan]]))
    with pytest.raises(ValueError, match="must be finite"):
        Stratum(np.inf, np.zeros((2, 2)))
    with pytest.raises(ValueError, match=r"\(models, documents\)"):
        Stratum(1.0, one)
    with pytest.raises(ValueError, match="must be finite"):
        Aggregate(1.0, np.array([np.inf]), one)
    with pytest.raises(ValueError, match="at least 0"):
        Aggregate(1.0, one, np.array([np.nan]))
    with pytest.raises(ValueError, match="one value and one error"):
        Aggregate(1.0, one, np.zeros(2))
