"""The search grammar of boards: `plover; osier @licence:mit @size:<2B`.

A semicolon means or; words between semicolons must all match. A word is a part of the model's name,
any case; `/…/` is a regular expression (RE2's, which takes linear time whatever it says); and
`@field:part` looks into one of `FIELDS`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import re2
from django.utils.translation import gettext as _

from evaluations.openness import Component
from evaluations.queries.standings import Row

#: A query is short; what is longer was not typed by a person.
MOST_CHARACTERS, _MOST_WORDS = 300, 30
_WORD = re.compile(r"/(?:[^/\\]|\\.)+/|\S+")
_SIZE = re.compile(r"(<=|>=|<|>|=)?(\d+(?:\.\d+)?)([kmbt]?)", re.IGNORECASE)
_RANGE = re.compile(r"([^-]+)-([^-]+)")
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}
_OPTIONS = re2.Options()
_OPTIONS.case_sensitive = False
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 1 << 20

Test = Callable[[Row], bool]

FIELDS: Mapping[str, Callable[[Row], str]] = {
    "org": lambda row: row.name.rpartition("/")[0],
    "licence": lambda row: row.licence,
    "license": lambda row: row.licence,
    "language": lambda row: " ".join(row.languages),
    "openness": lambda row: row.openness.reached or row.openness.states[Component.PARAMETERS],
    "arch": lambda row: row.architecture,
    "precision": lambda row: row.settings.precision,
    "engine": lambda row: row.settings.engine,
    "harness": lambda row: row.settings.harness,
    "type": lambda row: "chat" if row.chat else "base",
    "evidence": lambda row: row.support,
    "commit": lambda row: row.commit,
    "result": lambda row: row.result,
}


@dataclass(frozen=True, slots=True)
class Search:
    """A query that was understood.

    Attributes:
        test: says whether a row matches; None if everything does.
        problems: what in the query made no sense, in words. Such words are left out.
    """

    test: Test | None
    problems: tuple[str, ...] = ()


def understood(query: str) -> Search:
    """Read a query; it never fails, but says what it could not use."""
    problems: list[str] = []
    if len(query) > MOST_CHARACTERS:
        problems.append(_("A search has at most %(n)d characters.") % {"n": MOST_CHARACTERS})
    either: list[list[Test]] = []
    for part in _parts(query[:MOST_CHARACTERS]):
        tests = [_test(word, problems) for word in part[:_MOST_WORDS]]
        if kept := [test for test in tests if test is not None]:
            either.append(kept)
    if not either:
        return Search(None, tuple(problems))
    return Search(lambda row: any(all(t(row) for t in tests) for tests in either), tuple(problems))


def _parts(query: str) -> list[list[str]]:
    """Return the words between the semicolons; one inside an expression separates nothing."""
    parts: list[list[str]] = [[]]
    for word in _WORD.findall(query.replace(";", " ; ") if "/" not in query else query):
        if _is_expression(word):
            parts[-1].append(word)
            continue
        for place, piece in enumerate(word.split(";")):
            if place:
                parts.append([])
            if piece:
                parts[-1].append(piece)
    return [part for part in parts if part]


def _is_expression(word: str) -> bool:
    return len(word) > 2 and word.startswith("/") and word.endswith("/")  # noqa: PLR2004


def _test(word: str, problems: list[str]) -> Test | None:
    if word.startswith("@"):
        return _field(word, problems)
    if _is_expression(word):
        return _expression(word[1:-1], problems)
    part = word.lower()
    return lambda row: part in row.name.lower() or part in row.model.lower()


def _expression(pattern: str, problems: list[str]) -> Test | None:
    try:
        compiled = re2.compile(pattern, _OPTIONS)
    except re2.error:
        problems.append(_("/%(pattern)s/ is no regular expression.") % {"pattern": pattern})
        return None
    return lambda row: compiled.search(row.name) is not None


def _field(word: str, problems: list[str]) -> Test | None:
    name, colon, wanted = word[1:].lower().partition(":")
    if name == "size" and (test := _size(wanted)):
        return test
    if name == "size" and colon:
        problems.append(_("@size: takes a number such as <2B, >=300M or 1B-3B."))
        return None
    if name not in FIELDS or not colon:
        known = ", ".join(f"@{field}:" for field in ("size", *FIELDS) if field != "license")
        problems.append(
            _("There is no field %(field)s; there are %(known)s.")
            % {"field": f"@{name}:", "known": known}
        )
        return None
    read = FIELDS[name]
    if not wanted:
        return lambda row: not read(row)
    return lambda row: wanted in read(row).lower()


def _size(wanted: str) -> Test | None:
    if (ends := _RANGE.fullmatch(wanted)) is not None:
        low, high = (parameters(end) for end in ends.groups())
        return None if low is None or high is None else lambda row: low <= row.parameters <= high
    found = _SIZE.fullmatch(wanted)
    if found is None:
        return None
    count = float(found[2]) * _UNITS[found[3].lower()]
    return {
        "<": lambda row: row.parameters < count,
        "<=": lambda row: row.parameters <= count,
        ">": lambda row: row.parameters > count,
        ">=": lambda row: row.parameters >= count,
        # What people read is rounded, so 1.7B means what is written so.
        "=": lambda row: abs(row.parameters - count) <= 0.05 * count,
        None: lambda row: abs(row.parameters - count) <= 0.05 * count,
    }[found[1]]


def parameters(text: str) -> float | None:
    """Read a number of parameters as people write it: `1.7B`, `360M`; None if it isn't one."""
    found = _SIZE.fullmatch(text.strip())
    return None if found is None or found[1] else float(found[2]) * _UNITS[found[3].lower()]
