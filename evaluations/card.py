"""What a model's card says for programs: a few fields of its front matter, and nothing else.

The card is a stranger's text. Only the fields below are read, each by itself, so that what is wrong
elsewhere costs nothing; every scalar is kept as the text that stands there (YAML would take `no`,
Norwegian, for a false); what is nested is left out, and so aliases make nothing large.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import yaml

#: What is read of a field at most, and what is kept: values, and letters of each.
_FIELD, _BRACKETS = 8_000, 50
_VALUES, _LETTERS = 400, 200
_FRONT = re.compile(r"---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_KEY = re.compile(r"^([A-Za-z_][\w-]*)[ \t]*:", re.MULTILINE)
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_NOTHING = {"", "~", "null", "none"}


@dataclass(frozen=True, slots=True)
class CardMetadata:
    """The fields that are kept, as the card's author wrote them; empty where nothing is reported.

    Attributes:
        license: names of licences, as a rule one.
        language: tags or names of languages.
        base_model: what it was made from.
        datasets: what it was trained on, as far as the card names it.
        pipeline_tag: what it does, such as `text-generation`.
        library_name: what loads it.
    """

    license: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    base_model: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    pipeline_tag: tuple[str, ...] = ()
    library_name: tuple[str, ...] = ()

    @classmethod
    def stored(cls, data: Mapping[str, Any]) -> "CardMetadata":
        """Return what `as_json` made."""
        return cls(**{name: tuple(data.get(name, ())) for name in cls.__dataclass_fields__})

    def as_json(self) -> dict[str, list[str]]:
        """Return the fields that say something."""
        return {name: list(values) for name, values in asdict(self).items() if values}


def read_metadata(card: str) -> CardMetadata:
    """Read a card's front matter; a field that can't be read is as one that isn't there."""
    front = _FRONT.match(card.removeprefix("\ufeff"))
    if front is None:
        return CardMetadata()
    return CardMetadata(**{name: _values(text) for name, text in _fields(front[1]).items()})


def _fields(front: str) -> dict[str, str]:
    """Cut out the fields that are kept, each from its key to the next one; the first one counts."""
    keys = list(_KEY.finditer(front))
    ends = [key.start() for key in keys[1:]] + [len(front)]
    found: dict[str, str] = {}
    for key, end in zip(keys, ends, strict=False):
        if key[1] in CardMetadata.__dataclass_fields__:
            found.setdefault(key[1], front[key.start() : end])
    return {name: text for name, text in found.items() if _is_modest(text)}


def _is_modest(text: str) -> bool:
    """Whether a field is soon read: nested brackets take the parser the square of their number."""
    return len(text) <= _FIELD and text.count("[") + text.count("{") <= _BRACKETS


def _values(text: str) -> tuple[str, ...]:
    try:
        # Every scalar is a text to this loader, which makes no objects and merges nothing.
        [value] = yaml.load(text, yaml.BaseLoader).values()  # noqa: S506
    except (yaml.YAMLError, RecursionError, ValueError, TypeError, AttributeError):
        return ()
    listed = value if isinstance(value, list) else [value]
    texts = (_clean(item) for item in listed[:_VALUES] if isinstance(item, str))
    return tuple(dict.fromkeys(text for text in texts if text))


def _clean(text: str) -> str:
    """Drop what could turn the text around it, and what no name is so long."""
    words = _UNPRINTABLE.sub("", text).strip()
    return "" if words.lower() in _NOTHING or len(words) > _LETTERS else words
