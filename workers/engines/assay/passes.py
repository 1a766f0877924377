"""How a trie is cut into passes through the model, and what attends to what in each.

A pass is a range of positions in depth-first order. Of the positions before it, those that it needs
are the ancestors of its first one: a path, whose keys and values lie in a row. So memory is bounded
by one sequence, whatever the requests are, and nothing is ever computed again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from workers.engines.assay.trie import Numbers, Trie

Mask = npt.NDArray[np.bool_]

#: Subtrees of up to so many positions share one attention with a mask.
TILE = 128
#: What starting an attention of its own costs, in pairs of a query and a key.
_CALL_PAIRS = 4096


@dataclass(frozen=True)
class Path:
    """Queries that see the same part of the path: its first `length` positions."""

    start: int
    stop: int
    length: int


@dataclass(frozen=True, eq=False)
class Block:
    """Queries and keys of one pass, counted from its first position.

    Attributes:
        queries: their range.
        keys: their range.
        causal: each query sees the keys up to itself; otherwise all of them.
        mask: which query sees which key, where neither of these is the case.
    """

    queries: tuple[int, int]
    keys: tuple[int, int]
    causal: bool = False
    mask: Mask | None = None

    @property
    def is_own(self) -> bool:
        """Whether the queries are among the keys; one such block covers each query."""
        return self.queries == self.keys

    @property
    def pairs(self) -> int:
        """Of how many queries and keys a product is worked out; a half is left out if causal."""
        pairs = (self.queries[1] - self.queries[0]) * (self.keys[1] - self.keys[0])
        return pairs // 2 if self.causal else pairs


@dataclass(frozen=True)
class Pass:
    """One pass through the model.

    Attributes:
        start: its first position in the trie.
        stop: where it ends.
        depth: of each position, the number of its ancestors.
        paths: what the queries see of the path; those that see nothing are left out.
        blocks: what they see of each other, owns first.
        kept: positions of this pass, counted from its first, that the next pass needs.
        kept_at: where the first of them goes in the path.
        end: of each position, where the positions below it end, counted from the first.
    """

    start: int
    stop: int
    depth: Numbers
    paths: list[Path]
    blocks: list[Block]
    kept: Numbers
    kept_at: int
    end: Numbers

    def windowed(self, window: int) -> tuple[int, Mask] | None:
        """Return what each query sees if it sees only `window` positions, itself included.

        Returns:
            The place in the path where the keys begin, and the mask over the rest of the path
            followed by the pass; None if no query has so many ancestors.
        """
        if int(self.depth.max()) < window:
            return None
        length = max((path.length for path in self.paths), default=0)
        first = min(length, max(0, int(self.depth.min()) - window + 1))
        seen = np.zeros(len(self.depth), np.int64)
        for path in self.paths:
            seen[path.start : path.stop] = path.length
        on_path = np.arange(first, length)
        left = on_path[None, :] < seen[:, None]
        left &= self.depth[:, None] - on_path[None, :] < window
        right = _sees(self.end, 0, len(self.end))
        right &= self.depth[:, None] - self.depth[None, :] < window
        return first, np.concatenate([left, right], axis=1)


def cut(trie: Trie, scored: Numbers, *, tokens: int, rows: int, tile: int = TILE) -> Iterator[Pass]:
    """Yield the passes through a trie; they depend on nothing but these arguments.

    Args:
        trie: of all requests.
        scored: positions whose logits are wanted, sorted.
        tokens: of positions in a pass, at most.
        rows: of logits in a pass, at most.
        tile: see `TILE`.
    """
    count = len(trie.tokens)
    # Passes of one size: a short one at the end would cost more than its share.
    size = -(-count // max(1, -(-count // tokens)))
    path_end = np.empty(0, np.int64)
    starts = _run_starts(trie)
    start = 0
    while start < count:
        stop = min(start + size, count)
        first = int(np.searchsorted(scored, start))
        if first + rows < len(scored):
            stop = min(stop, int(scored[first + rows]))
        end = trie.end[start:stop]
        kept = np.flatnonzero(end > stop) if stop < count else np.empty(0, np.int64)
        kept_at = int(trie.depth[stop]) - len(kept) if stop < count else 0
        yield Pass(
            start=start,
            stop=stop,
            depth=trie.depth[start:stop],
            paths=_paths(path_end, start, stop),
            blocks=_blocks(end - start, starts[start:stop], tile),
            kept=kept,
            kept_at=kept_at,
            end=end - start,
        )
        path_end = np.concatenate([path_end[:kept_at], end[kept]])
        start = stop


def _run_starts(trie: Trie) -> Mask:
    """Return where a position is not the only child of the one before it."""
    starts = np.ones(len(trie.tokens), np.bool_)
    starts[1:] = (trie.end[1:] != trie.end[:-1]) | (trie.depth[1:] != trie.depth[:-1] + 1)
    return starts


def _paths(path_end: Numbers, start: int, stop: int) -> list[Path]:
    # The ends don't rise along a path, so what a query sees of it is its beginning.
    lengths = np.searchsorted(-path_end, -np.arange(start, stop), side="left")
    edges = [0, *(np.flatnonzero(np.diff(lengths)) + 1).tolist(), stop - start]
    found = [Path(a, b, int(lengths[a])) for a, b in pairwise(edges)]
    return [path for path in found if path.length]


def _blocks(end: Numbers, starts: Mask, tile: int) -> list[Block]:
    """Return what the positions of a pass see of each other, by whichever way is cheaper."""
    size = len(end)
    blocks = _split(end, starts, tile)
    if sum(block.pairs + _CALL_PAIRS for block in blocks) > size * size + _CALL_PAIRS:
        return [_tile(end, starts, 0, size)]
    return sorted(blocks, key=lambda block: not block.is_own)


def _split(end: Numbers, starts: Mask, tile: int) -> list[Block]:
    size = len(end)
    edges = np.append(np.flatnonzero(starts), size)
    blocks: list[Block] = []
    opened = at = 0
    while at < size:
        below = min(int(end[at]), size)
        if below - at <= tile:
            if below - opened > tile:
                blocks.append(_tile(end, starts, opened, at))
                opened = at
            at = below
            continue
        if opened < at:
            blocks.append(_tile(end, starts, opened, at))
        run = int(edges[np.searchsorted(edges, at, side="right")])
        blocks.append(Block((at, run), (at, run), causal=True))
        if run < below:
            blocks.append(Block((run, below), (at, run)))
        opened = at = run
    if opened < size:
        blocks.append(_tile(end, starts, opened, size))
    return blocks


def _tile(end: Numbers, starts: Mask, start: int, stop: int) -> Block:
    if not starts[start + 1 : stop].any():
        return Block((start, stop), (start, stop), causal=True)
    return Block((start, stop), (start, stop), mask=_sees(end, start, stop))


def _sees(end: Numbers, start: int, stop: int) -> Mask:
    positions = np.arange(start, stop)
    queries, keys = positions[:, None], positions[None, :]
    seen: Mask = (keys <= queries) & (queries < end[None, start:stop])
    return seen
