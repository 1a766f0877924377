"""Passes: each position in one of them, each query seeing its ancestors and nothing else."""

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.workers.engines.test_trie import SEQUENCES
from workers.engines.assay.passes import Pass, cut
from workers.engines.assay.trie import Numbers, Trie, build

LIMITS = st.tuples(st.integers(1, 20), st.integers(1, 6), st.integers(1, 10))
Seen = list[list[int]]


def passes_of(sequences: list[list[int]], limits: tuple[int, int, int]) -> tuple[Trie, list[Pass]]:
    trie = build(sequences, [1] * len(sequences))
    scored = np.unique(np.concatenate([np.empty(0, np.int64), *trie.places]))
    tokens, rows, tile = limits
    return trie, list(cut(trie, scored, tokens=tokens, rows=rows, tile=tile))


def ancestors(trie: Trie) -> Seen:
    size = len(trie.tokens)
    return [[k for k in range(q + 1) if trie.end[k] > q] for q in range(size)]


def seen_by_parts(passes: list[Pass]) -> Seen:
    """Follow what an attention does: what is kept of the path, and what each part shows."""
    path: list[int] = []
    found: Seen = []
    for one in passes:
        seen: Seen = [[] for _ in range(one.start, one.stop)]
        for part in one.paths:
            for query in range(part.start, part.stop):
                seen[query] += path[: part.length]
        for block in one.blocks:
            (first, last), (low, high) = block.queries, block.keys
            for query in range(first, last):
                shown = (
                    np.ones(high - low, bool) if block.mask is None else block.mask[query - first]
                )
                upto = query - first + 1 if block.causal else high - low
                seen[query] += [one.start + low + k for k in range(upto) if shown[k]]
        found += seen
        path[one.kept_at :] = (one.start + one.kept).tolist()
    return [sorted(each) for each in found]


@given(SEQUENCES, LIMITS)
def test_a_query_sees_its_ancestors_and_itself_once(
    sequences: list[list[int]], limits: tuple[int, int, int]
) -> None:
    trie, passes = passes_of(sequences, limits)
    assert seen_by_parts(passes) == ancestors(trie)


@given(SEQUENCES, LIMITS)
def test_passes_hold_each_position_once_and_keep_to_their_limits(
    sequences: list[list[int]], limits: tuple[int, int, int]
) -> None:
    trie, passes = passes_of(sequences, limits)
    scored = np.unique(np.concatenate([np.empty(0, np.int64), *trie.places]))
    held = [position for one in passes for position in range(one.start, one.stop)]
    assert held == list(range(len(trie.tokens)))
    for one in passes:
        assert one.stop - one.start <= limits[0]
        assert _between(scored, one) <= limits[1]


@given(SEQUENCES, LIMITS, st.integers(1, 8))
def test_a_window_hides_what_is_too_far_up(
    sequences: list[list[int]], limits: tuple[int, int, int], window: int
) -> None:
    trie, passes = passes_of(sequences, limits)
    expected = [each[-window:] for each in ancestors(trie)]
    path: list[int] = []
    found: Seen = []
    for one in passes:
        windowed = one.windowed(window)
        if windowed is None:
            found += [expected[query] for query in range(one.start, one.stop)]
            assert all(len(each) <= window for each in ancestors(trie)[one.start : one.stop])
        else:
            first, mask = windowed
            length = mask.shape[1] - mask.shape[0]
            keys = path[first : first + length] + list(range(one.start, one.stop))
            found += [[keys[k] for k in np.flatnonzero(row)] for row in mask]
        path[one.kept_at :] = (one.start + one.kept).tolist()
    assert found == expected


@given(SEQUENCES, LIMITS)
def test_the_path_is_never_longer_than_a_sequence(
    sequences: list[list[int]], limits: tuple[int, int, int]
) -> None:
    _, passes = passes_of(sequences, limits)
    longest = max(map(len, sequences), default=0)
    assert all(one.kept_at + len(one.kept) <= longest for one in passes)


def test_a_comb_of_branches_is_one_attention_with_a_mask() -> None:
    # A branch at each position: on their own, they would be thousands of attentions.
    chance = random.Random(3)
    spine = [chance.randrange(5, 9) for _ in range(300)]
    _, passes = passes_of([[*spine[:n], 1] for n in range(300)], (1024, 1024, 128))
    assert [len(one.blocks) for one in passes] == [1]


def test_a_long_context_with_choices_needs_no_mask_over_it() -> None:
    context = list(range(500))
    trie, (one,) = passes_of([[*context, 600 + n] for n in range(4)], (1024, 1024, 128))
    assert len(trie.tokens) == 504
    assert [(b.queries, b.keys, b.causal) for b in one.blocks] == [
        ((0, 500), (0, 500), True),
        ((500, 504), (500, 504), False),
        ((500, 504), (0, 500), False),
    ]


def _between(scored: Numbers, one: Pass) -> int:
    return int(((scored >= one.start) & (scored < one.stop)).sum())
