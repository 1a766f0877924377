import pytest

from evaluations.queries.support import Support, support

ANA, BEN = 1, 2


@pytest.mark.parametrize(
    ("reruns", "expected"),
    [
        ([], Support.ONCE),
        ([("R1", ANA)], Support.AGAIN_R1),
        ([("R2", BEN)], Support.INDEPENDENT_R2),
        # Others' word counts before one's own, however close that was.
        ([("R0", ANA), ("R2", BEN)], Support.INDEPENDENT_R2),
        ([("R2", BEN), ("R0", BEN), ("R1", BEN)], Support.INDEPENDENT_R0),
        ([("R2", ANA), ("R1", ANA)], Support.AGAIN_R1),
        ([("R0", BEN), ("diverged", BEN)], Support.DIVERGED),
        ([("R0", BEN), ("diverged", ANA)], Support.DIVERGED),
    ],
)
def test_support_is_the_best_that_others_say_unless_a_rerun_diverged(reruns, expected):
    assert support(reruns, submitter=ANA) == expected
    assert support(reversed(reruns), submitter=ANA) == expected
