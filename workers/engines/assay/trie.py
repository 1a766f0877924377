"""All requests of a call as one trie over tokens, in depth-first order.

A *position* is a token with everything before it. Two sequences that begin alike share positions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Trie:
    """Distinct positions; a position sees itself and its ancestors, and nothing else.

    Position `k` is `q` itself or an ancestor of `q` if, and only if, `k <= q < end[k]`.

    Attributes:
        tokens: the token at each position.
        depth: how many ancestors each position has, which is its place in its sequences.
        end: where the positions below each one end.
        places: for each sequence, its last positions, as many as were asked for.
    """

    tokens: Numbers
    depth: Numbers
    end: Numbers
    places: list[Numbers]


def build(sequences: Sequence[Sequence[int]], last: Sequence[int]) -> Trie:
    """Return the trie of these sequences.

    Its order depends on the sequences alone, not on their order.

    Args:
        sequences: of token numbers, which are not negative; none is empty.
        last: of how many positions of each, counted from its end, the places are wanted.
    """
    # As big-endian bytes they compare like the numbers, and much faster than lists.
    keys = [np.asarray(sequence, dtype=">u4").tobytes() for sequence in sequences]
    wanted: dict[bytes, list[int]] = {}
    for index, key in enumerate(keys):
        wanted.setdefault(key, []).append(index)
    places: list[Numbers] = [np.empty(0, np.int64)] * len(keys)
    path = np.empty(max(map(len, keys), default=0) // 4, np.int64)
    tokens, depth = [], []
    ends: list[tuple[Numbers, int]] = []
    before, count = np.empty(0, ">u4"), 0
    for key in sorted(wanted):
        sequence = np.frombuffer(key, ">u4")
        shared = _shared(before, sequence)
        ends.append((path[shared : len(before)].copy(), count))
        new = len(sequence) - shared
        path[shared : len(sequence)] = np.arange(count, count + new)
        tokens.append(sequence[shared:])
        depth.append(np.arange(shared, len(sequence)))
        count += new
        for index in wanted[key]:
            places[index] = path[len(sequence) - last[index] : len(sequence)].copy()
        before = sequence
    end = np.full(count, count, np.int64)
    for positions, stop in ends:
        end[positions] = stop
    return Trie(_joined(tokens), _joined(depth), end, places)


def _shared(one: npt.NDArray[np.uint32], other: npt.NDArray[np.uint32]) -> int:
    """Return how many tokens two sequences have in common before they part."""
    both = min(len(one), len(other))
    different = np.flatnonzero(one[:both] != other[:both])
    return int(different[0]) if len(different) else both


def _joined(parts: list[npt.NDArray[np.uint32]] | list[Numbers]) -> Numbers:
    return np.concatenate([np.empty(0, np.int64), *(part.astype(np.int64) for part in parts)])
