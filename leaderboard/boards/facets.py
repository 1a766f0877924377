"""The chips above a board: what rows can be filtered by, and how many would be left."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from evaluations.queries.standings import Row
from evaluations.queries.support import Support

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
_TYPES: dict[str, str | Promise] = {"base": _("base"), "chat": _("chat")}


@dataclass(frozen=True, slots=True)
class Facet:
    """Something to filter by.

    Attributes:
        name: the parameter of the query string.
        read: a row's values; a row passes if any of them was chosen.
        words: of values that are not shown as they are.
    """

    name: str
    title: str | Promise
    read: Callable[[Row], tuple[str, ...]]
    words: dict[str, str | Promise]

    def label(self, value: str) -> str:
        """Return a value in words."""
        return str(self.words.get(value, value))


#: In the order of the page.
FACETS = (
    Facet("evidence", _("Evidence"), lambda row: (row.support,), SUPPORT),
    Facet("type", _("Type"), lambda row: ("chat" if row.chat else "base",), _TYPES),
    Facet("licence", _("Licence"), lambda row: (row.licence or NONE,), _REPORTED),
    Facet("precision", _("Precision"), lambda row: (row.settings.precision,), {}),
    Facet("engine", _("Engine"), lambda row: (row.settings.engine,), {}),
)
