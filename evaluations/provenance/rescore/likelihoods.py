"""Log-likelihoods as rows hold them, and numpy's rules for comparing them."""

import math
from collections.abc import Sequence
from typing import Any

from evaluations.provenance.rescore.filters import UnreadableError

#: What lm-eval puts in the place of a target that is none of the choices.
NO_CHOICE = -100


def answer_of(logged: Any) -> tuple[float, str]:
    """Return a logged answer as its log-likelihood and its greedy flag (text).

    Raises:
        UnreadableError: if it is no such pair.
    """
    if not isinstance(logged, list | tuple):
        raise UnreadableError("an answer is not a log-likelihood with its greedy flag")
    try:
        likelihood, greedy = logged
    except ValueError:
        raise UnreadableError("an answer is not a log-likelihood with its greedy flag") from None
    return number_of(likelihood), greedy


def likelihoods_of(logged: Sequence[Any]) -> list[float]:
    """Return the log-likelihoods of several answers, as `answer_of` does for each."""
    made = []
    for answer in logged:
        if type(answer) is list and len(answer) == 2:  # noqa: PLR2004  nearly all are; faster
            made.append(number_of(answer[0]))
        else:
            made.append(answer_of(answer)[0])
    return made


def number_of(text: Any) -> float:
    """Return a log-likelihood, in nats.

    Raises:
        UnreadableError: if it is no number.
    """
    try:
        return float(text)
    except (ValueError, TypeError):
        raise UnreadableError(f"{text!r:.40} is no log-likelihood") from None


def truth_of(text: str) -> bool:
    """Return a greedy flag, which Python wrote as text.

    Raises:
        UnreadableError: if it is neither `True` nor `False`.
    """
    if text not in {"True", "False"}:
        raise UnreadableError(f"{text!r:.40} is neither True nor False")
    return text == "True"


def index_of(gold: Any, choices: list[str]) -> Any:
    """Return the target as an index of the choices, `NO_CHOICE` where there is none."""
    if isinstance(gold, list):
        return [index if index < len(choices) else NO_CHOICE for index in gold]
    if isinstance(gold, str):
        return choices.index(gold) if gold in choices else NO_CHOICE
    return NO_CHOICE if isinstance(gold, int) and gold >= len(choices) else gold


def divide(value: float, length: int) -> float:
    """Divide as numpy does: by zero it gives an infinity, or NaN."""
    if length:
        return value / length
    return math.nan if value == 0 or math.isnan(value) else math.copysign(math.inf, value)


def argmax(values: Sequence[float]) -> int:
    """Return the first largest value's index, as `numpy.argmax`: a NaN counts as the largest."""
    if math.isnan(sum(values)):  # a NaN, or infinities of both signs
        for index, value in enumerate(values):
            if math.isnan(value):
                return index
    return values.index(max(values))
