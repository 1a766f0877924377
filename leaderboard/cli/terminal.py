"""What others wrote, made safe to print, and what this program prints itself."""

import unicodedata
from typing import Any

import orjson
import typer

#: Control and format characters (among them bidirectional overrides), lone surrogates and
#: Unicode's own line ends can move a terminal's cursor or show a text in another order.
_STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp"}
#: Persian and the scripts of India are misspelt without these two joiners.
_HARMLESS = {"\u200c", "\u200d"}


class _Shown(dict[int, int | None]):
    """What to print for each character; kept, so that long logs are quick."""

    def __missing__(self, code: int) -> int | None:
        character = chr(code)
        steers = unicodedata.category(character) in _STEERING and character not in _HARMLESS
        self[code] = None if steers else code
        return self[code]


_LINE = _Shown({ord("\t"): ord(" "), ord("\n"): ord(" ")})
_TEXT = _Shown({ord("\t"): ord("\t"), ord("\n"): ord("\n")})


def plain(text: object) -> str:
    """Return a text without what could steer a terminal; its lines and tabs stay."""
    return str(text).translate(_TEXT)


def line(text: object) -> str:
    """Return a text as one line, without what could steer a terminal."""
    return str(text).translate(_LINE)


def quoted(text: str) -> str:
    """Return what somebody typed or named, short, as it may stand in a sentence."""
    return f'"{line(text)[:100]}"'


def say(text: str) -> None:
    """Tell people, not programs: on stderr."""
    typer.echo(plain(text), err=True)


def show(text: str) -> None:
    """Print an answer for people."""
    typer.echo(plain(text))


def show_json(value: Any, *, indent: bool = True) -> None:
    """Print an answer for programs; what could steer a terminal is escaped, so nothing is lost."""
    option = orjson.OPT_INDENT_2 if indent else 0
    text = orjson.dumps(value, option=option).decode()
    typer.echo("".join(c if c == "\n" or _TEXT[ord(c)] else _escaped(c) for c in text))


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be").hex()
    return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))
