"""Log-likelihoods of sequences, each position of their trie computed once."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from workers.engines.assay.attention import PathAttention, UnusableError, our_attention
from workers.engines.assay.passes import TILE, Pass, cut
from workers.engines.assay.trie import Numbers, build

#: Rows of logits whose probabilities are worked out together: few enough for a processor's caches.
_ROWS = 16
#: What the logits of one pass may take; passes with more to score are shorter.
LOGIT_BYTES = 128 * 2**20


@dataclass(frozen=True)
class Policy:
    """How much goes through the model at once; a part of what makes answers equal to the bit.

    Attributes:
        tokens: of positions in a pass, at most.
        rows: of logits in a pass, at most.
        tile: see `passes.TILE`.
    """

    tokens: int
    rows: int
    tile: int = TILE


@dataclass(frozen=True)
class Question:
    """A sequence and what is asked about its end.

    Attributes:
        tokens: what the model reads.
        targets: how likely is each of these, at the last positions?
    """

    tokens: Sequence[int]
    targets: Sequence[int]


@dataclass(frozen=True)
class Answers:
    """What came of it.

    Attributes:
        answers: for each question the sum of the logarithms, and whether each of the targets is
            the likeliest token of its place.
        positions: that were computed.
        passes: through the model.
    """

    answers: list[tuple[float, bool]]
    positions: int
    passes: int


def compute(
    model: torch.nn.Module,
    questions: Sequence[Question],
    policy: Policy,
    *,
    softmax_dtype: torch.dtype | None = None,
    around: Callable[[], AbstractContextManager[object]] = torch.no_grad,
) -> Answers:
    """Answer all questions.

    Args:
        model: a causal one of transformers.
        questions: whose tokens and targets are not empty.
        policy: how much goes through it at once.
        softmax_dtype: what probabilities are worked out in; None for that of the logits.
        around: is entered for each pass.

    Raises:
        UnusableError: if the model doesn't attend by transformers' interface, or otherwise than
            we understand.
    """
    trie = build([q.tokens for q in questions], [len(q.targets) for q in questions])
    places = np.concatenate([np.empty(0, np.int64), *trie.places])
    targets = np.concatenate([np.empty(0, np.int64), *(np.asarray(q.targets) for q in questions)])
    scores = _Scores(places, targets, softmax_dtype)
    passes = list(cut(trie, scores.rows, tokens=policy.tokens, rows=policy.rows, tile=policy.tile))
    attention = PathAttention(max((one.kept_at + len(one.kept) for one in passes), default=0))
    device = next(model.parameters()).device
    tokens, depth = (torch.from_numpy(x).to(device) for x in (trie.tokens, trie.depth))
    with our_attention(model):
        for one in passes:
            here = slice(one.start, one.stop)
            rows = scores.wanted(one)
            with attention.of(one), around(), torch.no_grad():
                logits = model(
                    input_ids=tokens[None, here],
                    position_ids=depth[None, here],
                    use_cache=False,
                    logits_to_keep=torch.from_numpy(rows).to(device),
                ).logits[0]
            if not attention.calls:
                raise UnusableError("it doesn't attend by transformers' interface")
            if len(logits) != len(rows):
                raise UnusableError("it gives logits that nobody asked for")
            scores.take(one, logits)
    return Answers(
        scores.answers([len(q.targets) for q in questions]), len(trie.tokens), len(passes)
    )


class _Scores:
    """The logarithms of the probabilities that were asked for, as passes bring them.

    Attributes:
        rows: the positions whose logits are wanted, sorted, each once.
    """

    def __init__(self, places: Numbers, targets: Numbers, dtype: torch.dtype | None) -> None:
        self._order = np.argsort(places, kind="stable")
        self.rows, self._row = np.unique(places[self._order], return_inverse=True)
        self._targets = targets[self._order]
        self._dtype = dtype
        self._values: list[Tensor] = []
        self._likeliest: list[Tensor] = []

    def wanted(self, one: Pass) -> Numbers:
        """Return which rows of this pass are wanted, counted from its first; at least one."""
        first, stop = np.searchsorted(self.rows, (one.start, one.stop))
        rows: Numbers = self.rows[first:stop] - one.start
        # Whoever watches the model looks at its last row.
        return rows if len(rows) else np.array([one.stop - one.start - 1])

    def take(self, one: Pass, logits: Tensor) -> None:
        """Keep what was asked for of these rows; passes come in order."""
        first, stop = np.searchsorted(self.rows, (one.start, one.stop)).tolist()
        for at in range(first, stop, _ROWS):
            until = min(at + _ROWS, stop)
            chances = torch.log_softmax(logits[at - first : until - first], -1, dtype=self._dtype)
            low, high = np.searchsorted(self._row, (at, until))
            row = torch.from_numpy(self._row[low:high] - at).to(chances.device)
            target = torch.from_numpy(self._targets[low:high]).to(chances.device)
            values = chances[row, target]
            self._values.append(values.cpu())
            self._likeliest.append(_likeliest(chances, row, target, values).cpu())

    def answers(self, sizes: list[int]) -> list[tuple[float, bool]]:
        """Return them question by question, each having asked for so many."""
        if not self._values:
            return []
        back = torch.from_numpy(np.argsort(self._order))
        values = torch.split(torch.cat(self._values)[back], sizes)
        likeliest = torch.split(torch.cat(self._likeliest)[back], sizes)
        return [
            (float(value.sum()), bool(best.all()))
            for value, best in zip(values, likeliest, strict=True)
        ]


def _likeliest(chances: Tensor, row: Tensor, target: Tensor, values: Tensor) -> Tensor:
    """Return whether `argmax` would choose each target.

    Looking for the greatest number costs a tenth of looking for its place, so only those that have
    it are asked for the place: which of several equal ones that is, is stock's to say. NaN is equal
    to nothing, and `argmax` takes the first of them.
    """
    likeliest = ~(values < chances.amax(-1)[row])
    asked = likeliest.nonzero().squeeze(-1)
    rows, back = torch.unique(row[asked], return_inverse=True)
    likeliest[asked] = chances[rows].argmax(-1)[back] == target[asked]
    return likeliest
