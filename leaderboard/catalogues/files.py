"""The catalogues as files: `leaderboard/locale/<locale>/LC_MESSAGES/django.po`.

They are written so that a change of one string changes only its own lines: no dates, no line
numbers, no wrapping, nothing that is no longer used, and no guess at a translation.
"""

import io
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation import to_locale

#: gettext's rule for each language; the forms stand in the order zero, one, two, few, many, other.
PLURALS = {
    "ar": "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 :"
    " n%100>=11 && n%100<=99 ? 4 : 5;",
    "es": "nplurals=2; plural=(n != 1);",
    "fr": "nplurals=2; plural=(n > 1);",
    "pt_BR": "nplurals=2; plural=(n > 1);",
    "sw": "nplurals=2; plural=(n != 1);",
}
_HEADER = r"""# The site's texts in this language; `make messages` follows the sources.
msgid ""
msgstr ""
"Language: {locale}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: {plurals}\n"
"""


def locales() -> list[str]:
    """Return the locales that need a catalogue: all but the sources' own."""
    codes = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
    return sorted(to_locale(code) for code in codes)


def path(locale: str) -> Path:
    """Return where a locale's catalogue lies."""
    [folder] = settings.LOCALE_PATHS
    return Path(folder) / locale / "LC_MESSAGES" / "django.po"


def read(locale: str) -> Catalog:
    """Return a locale's catalogue as it is; an empty one if there is no file yet."""
    file = path(locale)
    return parse(file.read_bytes() if file.exists() else header(locale).encode())


def parse(text: bytes) -> Catalog:
    """Return what a file's text says; the header's plural rule holds for what follows it.

    Raises:
        babel.messages.pofile.PoFileError: if it is no catalogue.
    """
    return read_po(io.BytesIO(text), abort_invalid=True)


def header(locale: str) -> str:
    """Return how a locale's file begins."""
    return _HEADER.format(locale=locale, plurals=PLURALS[locale])


def render(locale: str, catalog: Catalog) -> str:
    """Write a catalogue down, in the order of its messages."""
    body = io.BytesIO()
    write_po(body, catalog, width=0, omit_header=True, include_lineno=False, ignore_obsolete=True)
    return f"{header(locale)}\n{body.getvalue().decode().strip()}\n"


def updated(old: Catalog, sources: Catalog, locale: str) -> Catalog:
    """Return the sources' strings with those translations that still belong to them."""
    new = parse(header(locale).encode())
    for message in messages(sources):
        known = old.get(message.id, message.context)
        fresh = message.clone()
        fresh.string = _kept(message, known, new.num_plurals)
        if known is not None:
            fresh.user_comments = known.user_comments
            fresh.flags |= known.flags & {"fuzzy"}
        new[message.id] = fresh
    return new


def messages(catalog: Catalog) -> list[Message]:
    """Return a catalogue's strings, without its header."""
    return [message for message in catalog if message.id]


def _kept(message: Message, known: Message | None, forms: int) -> str | tuple[str, ...]:
    # A string that gained or lost its plural is another one.
    if known is not None and known.id == message.id and known.string:
        return known.string if isinstance(known.string, str) else tuple(known.string)
    return ("",) * forms if message.pluralizable else ""
