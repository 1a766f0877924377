"""Whether a model gives the same answers both ways, tried on a few requests when it is loaded.

Nothing is decided by a model's name. What a few short requests can't show is asked of the
configuration: positions that are encoded by how long a pass is, and windows that they don't fill.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from lm_eval.models.huggingface import HFLM

from workers.engines.assay.attention import UnusableError
from workers.engines.assay.compute import Policy
from workers.runner.limits import is_out_of_memory

#: A request as `hf` has it: its strings, its context's tokens, its continuation's tokens.
Request = tuple[tuple[str, str] | None, list[int], list[int]]
Given = list[tuple[float, bool]]

#: How far a log-likelihood may be from stock's; below float32 it is recorded rather than judged.
_TOLERANCE = {torch.float64: 1e-4, torch.float32: 1e-4, torch.float16: 0.1, torch.bfloat16: 0.5}
#: Windows up to here are overrun when a model is loaded; sequences beyond larger ones are stock's.
_WINDOW = 512
_TEXT = (
    "The river rises in the hills, runs 312 miles to the sea, and is crossed by nine bridges. "
    "Which of them is the oldest? The stone one, built before the town had walls; its toll was "
    "paid in salt. Zwölf Boxkämpfer jagen Viktor quer über den großen Deich."
)
_LENGTH = 96


@dataclass(frozen=True)
class Checked:
    """What came of the comparison.

    Attributes:
        fallback: why everything is computed stock's way; empty if it isn't.
        difference: the largest between two log-likelihoods; None if there is none to compare.
        flips: the share of decisions that differ, which are judged from float32 on only.
        longest: of how many tokens a sequence may be, to be computed our way; None for any.
    """

    fallback: str = ""
    difference: float | None = None
    flips: float | None = None
    longest: int | None = None


def check(
    lm: HFLM,
    policy: Policy,
    stock: Callable[[Sequence[Request]], Given],
    ours: Callable[[Sequence[Request], Policy], Given],
) -> Checked:
    """Compare both ways of answering a few requests.

    Args:
        lm: the loaded model.
        policy: that it is to be used with.
        stock: answers as `hf` does at batch size 1.
        ours: answers our way.
    """
    try:
        if reason := _unusable(lm):
            return Checked(reason)
        windows = [window for window in _windows(lm.config) if window < lm.max_length]
        requests = _requests(lm, [window for window in windows if window <= _WINDOW])
        expected = stock(requests)
        # Small passes, so that the few positions need several of them, and then real ones.
        small = replace(policy, tokens=32, rows=min(policy.rows, 16), tile=8)
        compared = [_compared(lm, expected, ours(requests, one)) for one in (small, policy)]
    except UnusableError as error:
        return Checked(str(error))
    # Whatever a model does here, stock's way is left, and the record says why.
    except Exception as error:
        if is_out_of_memory(error):
            raise
        return Checked(f"{type(error).__name__}: {error}")
    longest = min((window for window in windows if window > _WINDOW), default=None)
    worst = max(compared, key=lambda each: (bool(each.fallback), each.difference or 0.0))
    return replace(worst, longest=None if worst.fallback else longest)


def _unusable(lm: HFLM) -> str:
    if lm.backend != "causal":
        return f"it is of the kind {lm.backend}, not causal"
    if lm.world_size > 1:
        return "it runs in several processes"
    kinds = {kind for kind in _rope_types(lm.config) if kind in ("dynamic", "longrope")}
    if kinds:
        return f"its {min(kinds)} positions depend on what else is in a pass"
    return ""


def _configs(config: Any) -> Iterator[Any]:
    yield config
    text = config.get_text_config()
    if text is not config:
        yield text


def _rope_types(config: Any) -> set[str]:
    found: set[str] = set()
    for one in _configs(config):
        for name in ("rope_parameters", "rope_scaling"):
            found |= set(_named(getattr(one, name, None)))
    return found


def _named(rope: Any) -> Iterator[str]:
    """Yield the kinds in a dictionary, or in those of its layers."""
    if isinstance(rope, Mapping):
        for key, value in rope.items():
            if key in ("rope_type", "type"):
                yield str(value)
            yield from _named(value)


def _windows(config: Any) -> set[int]:
    names = ("sliding_window", "attention_chunk_size", "window_size", "local_attention_window")
    found = (getattr(one, name, None) for one in _configs(config) for name in names)
    return {window for window in found if isinstance(window, int) and window > 0}


def _requests(lm: HFLM, windows: Sequence[int]) -> list[Request]:
    """Return requests that branch in all the ways a trie can."""
    encoded = lm.tok_encode(_TEXT, add_special_tokens=False)
    if not encoded:
        raise ValueError("its tokenizer makes nothing of a text")
    endless = itertools.cycle(encoded)
    t = list(itertools.islice(endless, max([_LENGTH, *(window + 40 for window in windows)])))
    pairs = [
        (t[:48], t[50:51]),
        (t[:48], t[51:52]),
        (t[:48], t[52:58]),
        (t[:48], t[52:55] + t[60:63]),
        (t[:48], t[60:70]),
        (t[:24], t[30:33]),
        (t[:24], t[70:76]),
        (t[1:2], t[2:5]),
        (t[1:40], t[41:47]),
        *((t[: window + 30], t[window + 30 : window + 36]) for window in windows),
    ]
    return [(None, context, continuation) for context, continuation in pairs]


def _compared(lm: HFLM, expected: Given, given: Given) -> Checked:
    kind = next(lm.model.parameters()).dtype
    tolerance = _TOLERANCE.get(kind, 0.0)
    differences = [abs(a - b) for (a, _), (b, _) in zip(expected, given, strict=True)]
    flips = sum(a != b for (_, a), (_, b) in zip(expected, given, strict=True)) / len(expected)
    # NaN is greater than nothing, and equal to nothing.
    if not all(difference <= tolerance for difference in differences):
        worst = max(differences, key=lambda each: (math.isnan(each), each))
        return Checked(f"log-likelihoods differ from stock's by {worst:.2g}", worst, flips)
    if flips and kind in (torch.float32, torch.float64):
        return Checked("decisions differ from stock's", max(differences), flips)
    return Checked("", max(differences), flips)
