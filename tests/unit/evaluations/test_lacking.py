"""What no worker has: each thing by itself, or all of it at no one worker."""

from evaluations.needs import Needs, Offers
from evaluations.queries.lacking import Lack, Short, lack_of
from leaderboard.pages.waiting import missing

SMALL = Offers(memory=8, disk=100, tags=frozenset({"gpu"}))
LARGE = Offers(memory=64, disk=50)


def test_run_that_one_worker_can_take_lacks_nothing() -> None:
    assert lack_of(Needs(memory=64, disk=50), [SMALL, LARGE]) is None
    assert missing(None) == []


def test_without_workers_nothing_else_is_said() -> None:
    assert lack_of(Needs(memory=1), []) == Lack(nobody=True)


def test_what_nobody_has_is_named_with_the_most_that_is_there() -> None:
    found = lack_of(Needs(memory=65, disk=101, tags=("gpu", "network")), [SMALL, LARGE])
    assert found == Lack(memory=Short(65, 64), disk=Short(101, 100), tags=("network",))


def test_what_is_there_but_at_no_one_worker_is_named_together() -> None:
    found = lack_of(Needs(memory=9, tags=("gpu",)), [SMALL, LARGE])
    assert found == Lack(memory=Short(9, 8), tags=("gpu",), together=True)


def test_sentences_name_sizes_and_tags_in_words() -> None:
    lack = Lack(
        memory=Short(12_300_000_000, 8_000_000_000),
        tags=("engine:ab12", "extra:math", "gpu", "network", "new", "unsafe-code"),
    )
    assert missing(lack) == [
        "No worker here has 12.3 GB of memory; the most is 8 GB.",
        "No worker here has the software that planned this run (ab12).",
        "No worker here has the extra “math” of lm-eval.",
        "No worker here has a GPU.",
        "No worker here has access to the model hub.",
        "No worker here has new.",
        "No worker here has leave to run code that a model wrote.",
    ]


def test_sentence_names_together_what_no_one_worker_has() -> None:
    lack = Lack(memory=Short(9 * 10**9, 8 * 10**9), tags=("gpu",), together=True)
    assert missing(lack) == ["No one worker here has all of this: 9 GB of memory, a GPU."]
