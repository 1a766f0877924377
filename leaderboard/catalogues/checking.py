"""What is wrong with a catalogue, in sentences that a translator can work from.

A page half in another language helps nobody, and a lost placeholder is a lost number: so every
string of the sources is translated, in every plural form, with the same placeholders and tags.
"""

import re
from collections.abc import Iterator
from gettext import c2py

from babel.messages.catalog import Catalog, Message

from leaderboard.catalogues.files import PLURALS, messages

_PERCENT = re.compile(r"%(?:\(\w+\))?[-#0 +]*\d*(?:\.\d+)?[a-zA-Z]|%%")
_BRACES = re.compile(r"\{\w*\}")
_TAG = re.compile(r"</?[a-zA-Z][^>]*>")
#: Numbers that tell which form stands for one number only.
_NUMBERS = range(1000)


def problems(catalog: Catalog, sources: Catalog, locale: str) -> Iterator[str]:
    """Yield what is wrong, one sentence each; nothing if the catalogue is whole."""
    if catalog.plural_forms != PLURALS[locale]:
        yield f"the header's Plural-Forms should be: {PLURALS[locale]}"
    for message in messages(sources):
        entry = catalog.get(message.id, message.context)
        for problem in _wrong(message, entry, locale):
            yield f"{problem}: {shown(message)}"
    for entry in messages(catalog):
        if sources.get(entry.id, entry.context) is None:
            yield f"no source has it (`make messages` removes it): {shown(entry)}"
    for entry in catalog.obsolete.values():
        yield f"commented out (`make messages` removes it): {shown(entry)}"


def untranslated(catalog: Catalog, sources: Catalog) -> list[Message]:
    """Return the strings that lack their translation, or a form of it."""
    return [
        message
        for message in messages(sources)
        if not all(forms(catalog.get(message.id, message.context)))
    ]


def shown(message: Message) -> str:
    """Write a string with the first file that holds it: [home.html] "%(n)s run" / "%(n)s runs"."""
    places = [place.rpartition("/")[2] for place, _ in message.locations[:1]]
    context = f" ({message.context})" if message.context else ""
    return f"[{places[0] if places else '?'}]{context} " + " / ".join(
        f'"{text}"' for text in ids(message)
    )


def ids(message: Message) -> tuple[str, ...]:
    """Return a string's singular, and its plural if it has one."""
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def forms(message: Message | None) -> tuple[str, ...]:
    """Return the forms of a translation; one empty form where there is none."""
    if message is None or not message.string:
        return ("",)
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def _wrong(message: Message, entry: Message | None, locale: str) -> Iterator[str]:
    if entry is None or entry.id != message.id:
        yield "not in the catalogue (`make messages` adds it)"
        return
    if entry.fuzzy:
        yield "marked fuzzy"
    texts = forms(entry)
    if not any(texts):
        yield "not translated"
        return
    counts = _counts(locale)
    if message.pluralizable and len(texts) != len(counts):
        yield f"{len(texts)} plural forms instead of {len(counts)}"
        return
    for place, text in enumerate(texts):
        where = f"msgstr[{place}] " if message.pluralizable else ""
        yield from (f"{where}{problem}" for problem in _differs(message, text, counts[place]))


def _counts(locale: str) -> list[int]:
    """Return for each plural form how many numbers it stands for."""
    rule = c2py(PLURALS[locale].partition("plural=")[2].rstrip(";"))
    chosen = [rule(number) for number in _NUMBERS]
    return [chosen.count(form) for form in range(max(chosen) + 1)]


def _differs(message: Message, text: str, numbers: int) -> Iterator[str]:
    """Yield how one form differs from what it may follow.

    A form for one number may follow the singular, which can do without the number; a form for
    several must say which.
    """
    if not text.strip():
        yield "is empty"
        return
    models = ids(message) if numbers == 1 else ids(message)[-1:]
    if all(_placeholders(text) != _placeholders(model) for model in models):
        expected = " or ".join(_listed(_placeholders(model)) for model in models)
        yield f"has the placeholders {_listed(_placeholders(text))}, expected {expected}"
    if all(_tags(text) != _tags(model) for model in models):
        expected = " or ".join(_listed(_tags(model)) for model in models)
        yield f"has the tags {_listed(_tags(text))}, expected {expected}"
    if "%" in _PERCENT.sub("", text) and not any("%" in _PERCENT.sub("", m) for m in models):
        yield "has a per cent sign that should be written %%"


def _placeholders(text: str) -> list[str]:
    found = _PERCENT.findall(text) + _BRACES.findall(text)
    return sorted({mark for mark in found if mark != "%%"})


def _tags(text: str) -> list[str]:
    return sorted(_TAG.findall(text))


def _listed(things: list[str]) -> str:
    return " ".join(things) or "none"
