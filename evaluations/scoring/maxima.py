"""The largest studentised difference of each bootstrap replicate, over all pairs of models."""

import numpy as np
from numpy.typing import NDArray

#: Side of the blocks of pairs that are computed, or left out, together.
_SIDE = 64
#: Numbers that are worked on at once: they fit into a processor's cache.
_AT_ONCE = 65_536


class Maxima:
    """For each replicate, the largest |noise of one - noise of other| / standard error so far.

    A block of pairs can't hold a new maximum where the widest distance between its two sides'
    noise, over its smallest standard error, is no larger than the present one. Most can't, because
    models that stand far apart on a board differ in many documents and have much the same errors.
    This leaves out work, never a maximum.

    Args:
        noise: (replicates, models).
    """

    def __init__(self, noise: NDArray[np.float32]) -> None:
        self._noise = noise
        starts = np.arange(0, noise.shape[1], _SIDE)
        self._high = np.ascontiguousarray(np.maximum.reduceat(noise, starts, axis=1).T)
        self._low = np.ascontiguousarray(np.minimum.reduceat(noise, starts, axis=1).T)
        #: (replicates,)
        self.values: NDArray[np.float32] = np.zeros(len(noise), np.float32)

    def include(self, rows: slice, columns: slice, inverse: NDArray[np.float32]) -> None:
        """Take in the pairs of one tile.

        Args:
            rows: of the models; starts at a multiple of 64.
            columns: likewise.
            inverse: (rows, columns), 1 / standard error; 0 leaves a pair out.
        """
        height, width = inverse.shape
        for top in range(0, height, _SIDE):
            for left in range(0, width, _SIDE):
                if rows.start + top > columns.start + left:
                    continue  # the mirror of a block above the diagonal
                block = inverse[top : top + _SIDE, left : left + _SIDE]
                self._include_block(rows.start + top, columns.start + left, block)

    def _include_block(self, row: int, column: int, inverse: NDArray[np.float32]) -> None:
        one, other = row // _SIDE, column // _SIDE
        reach = np.maximum(
            self._high[one] - self._low[other], self._high[other] - self._low[one]
        ) * inverse.max()  # fmt: skip
        open_ = np.flatnonzero(reach > self.values)
        height, width = inverse.shape
        at_once = max(1, _AT_ONCE // inverse.size)
        for start in range(0, len(open_), at_once):
            chosen = open_[start : start + at_once]
            left = self._noise[chosen, row : row + height, None]
            right = self._noise[chosen, None, column : column + width]
            moved = left - right
            moved *= inverse
            np.abs(moved, out=moved)
            self.values[chosen] = np.maximum(self.values[chosen], moved.max(axis=(1, 2)))
