"""The trie of all requests: each distinct position once, and found again."""

import random

from hypothesis import given
from hypothesis import strategies as st

from workers.engines.assay.trie import Trie, build

#: Few tokens, so that sequences begin alike, hold each other and are equal.
SEQUENCES = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=12), max_size=12)


def prefixes(sequences: list[list[int]]) -> set[tuple[int, ...]]:
    return {tuple(s[: length + 1]) for s in sequences for length in range(len(s))}


def read(trie: Trie, position: int) -> tuple[int, ...]:
    """Return the tokens of a position's ancestors and its own, by what the trie says is seen."""
    return tuple(int(trie.tokens[k]) for k in range(position + 1) if trie.end[k] > position)


@given(SEQUENCES)
def test_every_distinct_position_is_there_once(sequences: list[list[int]]) -> None:
    trie = build(sequences, [1] * len(sequences))
    found = [read(trie, position) for position in range(len(trie.tokens))]
    assert len(found) == len(set(found))
    assert set(found) == prefixes(sequences)
    assert [len(tokens) - 1 for tokens in found] == trie.depth.tolist()


@given(SEQUENCES, st.randoms(use_true_random=False))
def test_places_lead_back_to_the_sequences(
    sequences: list[list[int]], chance: random.Random
) -> None:
    last = [chance.randint(1, len(sequence)) for sequence in sequences]
    trie = build(sequences, last)
    for sequence, size, places in zip(sequences, last, trie.places, strict=True):
        ends = range(len(sequence) - size + 1, len(sequence) + 1)
        assert [read(trie, place) for place in places] == [tuple(sequence[:end]) for end in ends]


@given(SEQUENCES, st.randoms(use_true_random=False))
def test_the_order_of_requests_changes_nothing(
    sequences: list[list[int]], chance: random.Random
) -> None:
    other = chance.sample(sequences, len(sequences))
    one, two = (build(each, [1] * len(each)) for each in (sequences, other))
    for name in ("tokens", "depth", "end"):
        assert getattr(one, name).tolist() == getattr(two, name).tolist()


def test_large_token_numbers_sort_like_numbers() -> None:
    trie = build([[255, 256], [256], [255, 70_000]], [1, 1, 1])
    assert trie.tokens.tolist() == [255, 256, 70_000, 256]


def test_no_sequences_make_an_empty_trie() -> None:
    trie = build([], [])
    assert trie.tokens.tolist() == []
    assert trie.places == []
