"""lm-eval's built-in filters again: what they make of one request's responses (lm_eval/filters/).

A filter there works on the responses of all requests, but none of the ones below looks at more
than one request at a time. Responses are a list with one entry per repeat; a filter may return
the list with other entries, or (`take_first`) one entry instead of the list.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any

Step = Callable[[Any], Any]
_DEFAULT_REGEX = r"#### (\-?[0-9\.\,]+)"
_MAX_PATTERN = 2000
#: A repeated group, `(…)*`, can take exponential time; a bundle comes from a stranger.
_REPEATED_GROUP = re.compile(r"\)[*+{]")


class NotRecomputableError(Exception):
    """A step is made by Python code or settings that a bundle's reader does not run; says which."""


class UnreadableError(ValueError):
    """Responses are not what lm-eval could have written for this task."""


def filter_steps(config: Mapping[str, Any], name: str) -> list[Step]:
    """Return the steps of a task's filter, in order.

    Raises:
        NotRecomputableError: if one of them is not among the built-in ones below.
    """
    listed = config.get("filter_list")
    if listed is None:
        listed = [{"name": "none", "filter": [{"function": "take_first"}]}]
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, dict) and entry.get("name") == name:
            steps = entry.get("filter")
            return [_step(step) for step in (steps if isinstance(steps, list) else [None])]
    raise NotRecomputableError(f"its configuration has no filter {name!r}")


def apply_steps(steps: list[Step], responses: Any) -> Any:
    """Run the steps over one request's responses.

    Raises:
        UnreadableError: if a step cannot be made of them.
    """
    try:
        for step in steps:
            responses = step(responses)
    except (IndexError, TypeError, AttributeError, KeyError) as error:
        raise UnreadableError(f"a filter cannot read the responses: {error}") from None
    return responses


def as_logged(value: Any) -> Any:
    """Return a value as `lm_eval.utils.sanitize_list` and JSON write it: nested lists of text."""
    if isinstance(value, list | tuple):
        return [as_logged(item) for item in value]
    return str(value)


def _step(step: Any) -> Step:
    if not isinstance(step, dict) or not isinstance(step.get("function"), str):
        raise NotRecomputableError("its filter is not described in its configuration")
    settings = {key: value for key, value in step.items() if key != "function"}
    make = _BUILT_IN.get(step["function"])
    if make is None:
        raise NotRecomputableError(f"its filter {step['function']!r} is not recomputed here")
    try:
        return make(**settings)
    except (TypeError, re.error, OverflowError, RecursionError) as error:
        raise NotRecomputableError(
            f"its filter {step['function']!r} has settings: {error}"
        ) from None


def _take_first() -> Step:
    return itemgetter(0)


def _take_first_k(k: int) -> Step:
    def take(responses: Any) -> Any:
        if len(responses) < k:
            raise IndexError(f"{len(responses)} responses where {k} are needed")
        return responses[:k]

    return take


def _majority_vote() -> Step:
    def vote(responses: Any) -> Any:
        # A log-likelihood was a pair before JSON made it a list, which cannot be counted.
        pairs = [tuple(one) if isinstance(one, list) else one for one in responses]
        return [Counter(pairs).most_common(1)[0][0]]

    return vote


def _lowercase() -> Step:
    return lambda responses: [response.lower() for response in responses]


def _uppercase() -> Step:
    return lambda responses: [response.upper() for response in responses]


def _map(mapping_dict: dict[Any, Any] | None = None, default_value: Any = None) -> Step:
    mapping = {} if mapping_dict is None else dict(mapping_dict)
    return lambda responses: [mapping.get(response, default_value) for response in responses]


def _regex(
    regex_pattern: str = _DEFAULT_REGEX, group_select: int = 0, fallback: str = "[invalid]"
) -> Step:
    if len(regex_pattern) > _MAX_PATTERN or _REPEATED_GROUP.search(regex_pattern):
        raise TypeError("a regular expression that may take very long is not run")
    pattern = re.compile(regex_pattern)

    def extract(response: Any) -> Any:
        found = pattern.findall(response if isinstance(response, str) else "")
        if not found:
            return fallback
        match = found[group_select]
        if isinstance(match, tuple):
            match = next((group for group in match if group), fallback)
        return match.strip()

    return lambda responses: [extract(response) for response in responses]


_BUILT_IN: dict[str, Callable[..., Step]] = {
    "take_first": _take_first,
    "take_first_k": _take_first_k,
    "majority_vote": _majority_vote,
    "lowercase": _lowercase,
    "uppercase": _uppercase,
    "map": _map,
    "regex": _regex,
}
