"""Which choices a multiple-choice row offered, how likely each was, and which one it took."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: What a metric divides a choice's log-likelihood by before it compares (`process_results`).
_LENGTHS: Mapping[str, Callable[[str], int]] = {
    "acc_norm": len,
    "acc_bytes": lambda text: len(text.encode("utf-8", "replace")),
}


@dataclass(frozen=True, slots=True)
class Offered:
    """What was compared; `choices` is empty where whole texts were rated.

    Attributes:
        greedy: whether the only choice is what the model would have written itself.
    """

    choices: list[str]
    loglikelihoods: list[float | None]
    greedy: bool | None = None


def offered(prompts: Sequence[str], after: Sequence[Any], filtered: Any) -> Offered | None:
    """Return what a row's requests offered; None if the model was to write freely.

    Args:
        prompts: the requests' contexts.
        after: what follows each: a continuation, or the settings of a generation.
        filtered: lm-eval's `filtered_resps`.
    """
    answers = filtered if isinstance(filtered, list) else []
    if not after or len(prompts) != len(after) or len(answers) != len(after):
        return None
    if after == [None] * len(after):
        return _rated(answers)
    if not all(isinstance(text, str) for text in after):
        return None
    kept = _without_bare(prompts)
    likelihoods = [_likelihood(one) for one in answers[:kept]]
    greedy = _greedy(answers[0]) if kept == 1 else None
    return Offered(_texts(prompts[:kept], after[:kept]), likelihoods, greedy)


def _rated(answers: Sequence[Any]) -> Offered | None:
    """Whole texts rated by their likelihood (`loglikelihood_rolling`) have no choices."""
    found = [_likelihood(one) for one in answers]
    return None if None in found else Offered([], found)


def _without_bare(prompts: Sequence[str]) -> int:
    """Return how many requests are choices: `acc_mutual_info` asks each again without a context."""
    half, odd = divmod(len(prompts), 2)
    bare = half and not odd and prompts[0] and not any(prompts[half:])
    return half if bare else len(prompts)


def _texts(prompts: Sequence[str], after: Sequence[str]) -> list[str]:
    """Return the choices; where they stand inside the contexts, only what differs there."""
    if len(after) > 1 and len(set(after)) == 1 and len(set(prompts)) > 1:
        begin = _shared(min(prompts), max(prompts)).rfind(" ") + 1
        return [text[begin:] for text in prompts]
    spaced = all(text.startswith(" ") for text in after)
    return [text[1:] for text in after] if spaced else list(after)


def _shared(first: str, last: str) -> str:
    """Return what two texts begin with; of the first and last in order, what all begin with."""
    end = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[:end]


def _likelihood(logged: Any) -> float | None:
    first = logged[0] if isinstance(logged, list) and logged else logged
    try:
        return None if isinstance(first, bool) else float(first)
    except (TypeError, ValueError):
        return None


def _greedy(logged: Any) -> bool | None:
    flag = logged[1] if isinstance(logged, list) and len(logged) > 1 else None
    return {"True": True, "False": False}.get(str(flag))


def chosen(found: Offered, metric: str | None, target: str, right: bool | None) -> int | None:
    """Return the index of the choice that a metric took.

    Never one that contradicts the metric: then lm-eval compared in a way that isn't known here.

    Args:
        found: the choices.
        metric: which decides; lengths count for some.
        target: the row's.
        right: what the metric said.
    """
    if found.greedy is not None:
        return 0 if found.greedy else None
    values = _compared(found, metric)
    if len(values) < 2 or any(value is None or math.isnan(value) for value in values):  # noqa: PLR2004
        return None
    best = max(range(len(values)), key=lambda index: values[index] or 0.0)
    wanted = targets(target, found.choices)
    contradicts = right is not None and bool(wanted) and (best in wanted) is not right
    return None if contradicts else best


def _compared(found: Offered, metric: str | None) -> list[float | None]:
    length = _LENGTHS.get(metric or "")
    if length is None:
        return found.loglikelihoods if found.choices else []
    pairs = zip(found.loglikelihoods, found.choices, strict=True)
    return [None if v is None or not text else v / length(text) for v, text in pairs]


def targets(target: str, choices: Sequence[str]) -> list[int]:
    """Return which choices a row's target means; empty if that can't be told.

    lm-eval writes an index, a list of indexes, or a choice's text, all as text.
    """
    inside = (
        target[1:-1].split(",") if target.startswith("[") and target.endswith("]") else [target]
    )
    numbers = [part.strip() for part in inside]
    if all(part.isascii() and part.isdigit() and len(part) < 5 for part in numbers):  # noqa: PLR2004
        return [int(part) for part in numbers if int(part) < len(choices)]
    return [index for index, text in enumerate(choices) if text == target]
