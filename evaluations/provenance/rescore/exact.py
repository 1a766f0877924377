"""lm-eval's `exact_match`, without numpy (lm_eval/api/metrics.py, `exact_match_hf_evaluate`).

numpy keeps text in arrays of fixed width, which shows in two ways that are repeated here: NULs at
the end of a text are lost, and text that grows when it is lowered is cut to the array's width.
"""

import re
import string
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evaluations.provenance.rescore.filters import NotRecomputableError

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_DIGITS = str.maketrans("", "", string.digits)
_KNOWN = {"regexes_to_ignore", "ignore_case", "ignore_punctuation", "ignore_numbers"}
_REPEATED_GROUP = re.compile(r"\)[*+{]")


def exact_match(
    references: Sequence[str], predictions: Sequence[str], settings: Mapping[str, Any]
) -> float:
    """Return the share of predictions that equal their references after both are normalised.

    Args:
        references: the targets.
        predictions: the answers, one for each target.
        settings: the metric's keyword arguments in the task's configuration.

    Raises:
        NotRecomputableError: for settings that lm-eval 0.4.13 does not have.
    """
    if not set(settings) <= _KNOWN:
        raise NotRecomputableError(f"exact_match has settings that are not known: {set(settings)}")
    steps = _steps(settings)
    left, right = _normalise(predictions, steps), _normalise(references, steps)
    equal = [one == other for one, other in zip(left, right, strict=True)]
    return sum(equal) / len(equal)


def _normalise(texts: Sequence[str], steps: Sequence[Callable[[str], str]]) -> list[str]:
    texts = [text.rstrip("\0") for text in texts]
    for step in steps:
        width = max(len(text) for text in texts) if step is str.lower else None
        texts = [step(text)[:width].rstrip("\0") for text in texts]
    return list(texts)


def _steps(settings: Mapping[str, Any]) -> list[Callable[[str], str]]:
    steps = [_remover(pattern) for pattern in settings.get("regexes_to_ignore") or []]
    if settings.get("ignore_case"):
        steps.append(str.lower)
    if settings.get("ignore_punctuation"):
        steps.append(lambda text: text.translate(_PUNCTUATION))
    if settings.get("ignore_numbers"):
        steps.append(lambda text: text.translate(_DIGITS))
    return steps


def _remover(pattern: Any) -> Callable[[str], str]:
    if not isinstance(pattern, str) or _REPEATED_GROUP.search(pattern):
        raise NotRecomputableError("a regular expression that may take very long is not run")
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise NotRecomputableError(f"a regular expression is not understood: {error}") from None
    return lambda text: compiled.sub("", text)
