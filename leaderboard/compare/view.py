"""What of a comparison is asked for: all of it stands in the query string."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import QueryDict

from evaluations.queries.flips import DIRECTIONS, Direction

#: The baseline and five others: one shape each.
MOST = 6
PER_PAGE = 25
#: Looked at; whoever sends more gets told about these.
_MOST_READ = 30
_WHOLE = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class View:
    """A way to look at some results.

    Attributes:
        pins: results, the baseline first.
        other: whose flips are shown; empty for the first after the baseline.
        direction: None for both.
        task: by lm-eval's name; empty for all.
        page: of the list of flips, from 1.
    """

    pins: tuple[str, ...] = ()
    other: str = ""
    direction: Direction | None = None
    task: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: QueryDict) -> "View":
        """Read a query string; what is missing or makes no sense takes its default."""
        pins = dict.fromkeys(pin.strip() for pin in query.getlist("pin"))
        page = query.get("page", "")
        return cls(
            pins=tuple(pin for pin in pins if pin)[:_MOST_READ],
            other=query.get("with", ""),
            direction=next((d for d in DIRECTIONS if d == query.get("direction")), None),
            task=query.get("task", ""),
            page=int(page) if _WHOLE.fullmatch(page) else 1,
        )

    def pairs(self) -> list[tuple[str, str]]:
        """Return the query string's names and values, without what is usual."""
        single = {
            "with": self.other,
            "direction": self.direction or "",
            "task": self.task,
            "page": str(self.page) if self.page > 1 else "",
        }
        named = [(name, value) for name, value in single.items() if value]
        return [("pin", pin) for pin in self.pins] + named

    def link(self, **changes: object) -> str:
        """Return the reference to this view, or to one that differs in something.

        A change of anything but the page begins at the first page.
        """
        changed = replace(self, **{"page": 1} | changes) if changes else self  # type: ignore[arg-type]
        return f"?{urlencode(changed.pairs())}"

    def based_on(self, pin: str) -> str:
        """Return the link that puts a result first."""
        return self.link(pins=(pin, *self._without(pin)), other="", task="", direction=None)

    def without(self, pin: str) -> str:
        """Return the link that leaves a result out."""
        other = "" if self.other == pin else self.other
        return self.link(pins=self._without(pin), other=other)

    def limited(self, pins: Sequence[str], other: str, task: str) -> "View":
        """Return this view with what there is of it."""
        return replace(self, pins=tuple(pins), other=other, task=task)

    def _without(self, pin: str) -> tuple[str, ...]:
        return tuple(one for one in self.pins if one != pin)
