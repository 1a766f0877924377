"""The chips above a board: what rows can be filtered by, and how many would be left."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from evaluations.openness import Component, State
from evaluations.queries.standings import Row
from evaluations.queries.support import Support
from leaderboard.pages import language_names
from leaderboard.pages.labels import MOF_CLASSES

SUPPORT: dict[str, str | Promise] = {
    Support.INDEPENDENT_R0: _("independent, bit-exact"),
    Support.INDEPENDENT_R1: _("independent, same decisions"),
    Support.INDEPENDENT_R2: _("independent, equivalent"),
    Support.AGAIN_R0: _("submitter again, bit-exact"),
    Support.AGAIN_R1: _("submitter again, same decisions"),
    Support.AGAIN_R2: _("submitter again, equivalent"),
    Support.DIVERGED: _("a rerun diverged"),
    Support.ONCE: _("run here once"),
}
#: What stands in a query string for a value that nobody reported.
NONE = "none"
_REPORTED: dict[str, str | Promise] = {NONE: _("not reported")}
_OPENNESS: dict[str, str | Promise] = {
    **{str(reached): word for reached, word in MOF_CLASSES.items()},
    State.OPEN: _("open weights"),
    State.NOT_OPEN: _("restricted weights"),
    State.NOT_REPORTED: _("not reported"),
}
_TYPES: dict[str, str | Promise] = {"base": _("base"), "chat": _("chat")}


@dataclass(frozen=True, slots=True)
class Facet:
    """Something to filter by.

    Attributes:
        name: the parameter of the query string.
        read: a row's values; a row passes if any of them was chosen.
        say: writes a value in the reader's words.
    """

    name: str
    title: str | Promise
    read: Callable[[Row], tuple[str, ...]]
    say: Callable[[str], str]


def _by(words: Mapping[str, str | Promise]) -> Callable[[str], str]:
    return lambda value: str(words.get(value, value))


def _language(value: str) -> str:
    return str(_REPORTED[NONE]) if value == NONE else language_names.name(value).here


def _openness(row: Row) -> tuple[str, ...]:
    """Return the class of the Model Openness Framework, or what is said of the weights alone."""
    reached = row.openness.reached
    return (reached or row.openness.states[Component.PARAMETERS],)


#: In the order of the page.
FACETS = (
    Facet("evidence", _("Evidence"), lambda row: (row.support,), _by(SUPPORT)),
    Facet("type", _("Type"), lambda row: ("chat" if row.chat else "base",), _by(_TYPES)),
    Facet("licence", _("Licence"), lambda row: (row.licence or NONE,), _by(_REPORTED)),
    Facet("language", _("Language"), lambda row: row.languages or (NONE,), _language),
    Facet("openness", _("Openness"), _openness, _by(_OPENNESS)),
    Facet("precision", _("Precision"), lambda row: (row.settings.precision,), str),
    Facet("engine", _("Engine"), lambda row: (row.settings.engine,), str),
)
