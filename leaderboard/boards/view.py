"""What of a board is asked for: all of it stands in the query string."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.http import QueryDict

from leaderboard.boards.facets import FACETS
from leaderboard.boards.search import MOST_CHARACTERS

#: Sort keys that every board has; each benchmark's name is one too.
SORTS = ("score", "model", "size", "date", "energy")
#: Rows a page, the first unless another is asked for.
PER_PAGE = (100, 25, 50, 200)
MOST_PINS = 10
#: What the drawing above a board may show scores against, the first unless another is asked for.
CHARTS = ("size", "date", "energy")
_USUAL = {"model": "asc", "size": "asc", "energy": "asc"}


@dataclass(frozen=True, slots=True)
class View:
    """A way to look at a board.

    Attributes:
        q: in the grammar of `search`.
        sort: one of `SORTS` or a benchmark's name.
        order: `asc` or `desc`.
        chosen: values by facet; a facet without any lets everything pass.
        least, most: bounds on the number of parameters as people write them, such as `1.5B`.
        columns: benchmarks to show; empty shows all.
        normalised: whether benchmarks are shown so that guessing is 0 and perfect is 100.
        pins: results that stay on top whatever is filtered.
        compact: whether rows are low.
        chart: what scores are drawn against, one of `CHARTS`.
        page, per: which page, of how many rows.
    """

    q: str = ""
    sort: str = "score"
    order: str = "desc"
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    least: str = ""
    most: str = ""
    columns: tuple[str, ...] = ()
    normalised: bool = False
    pins: tuple[str, ...] = ()
    compact: bool = False
    chart: str = CHARTS[0]
    page: int = 1
    per: int = PER_PAGE[0]

    @classmethod
    def of(cls, query: QueryDict) -> "View":
        """Read a query string; what is missing or makes no sense takes its default."""
        sort = query.get("sort") or "score"
        order = query.get("order", "")
        per = query.get("per", "")
        chart = query.get("chart", "")
        chosen = {f.name: values for f in FACETS if (values := _several(query, f.name))}
        return cls(
            q=_short(query, "q", MOST_CHARACTERS + 1),
            sort=sort,
            order=order if order in {"asc", "desc"} else _USUAL.get(sort, "desc"),
            chosen=chosen,
            least=_short(query, "least", 20),
            most=_short(query, "most", 20),
            columns=_several(query, "columns"),
            normalised=query.get("scale") == "normalised",
            pins=_several(query, "pin")[:MOST_PINS],
            compact=query.get("rows") == "compact",
            chart=chart if chart in CHARTS else CHARTS[0],
            page=_whole(query.get("page", "")),
            per=int(per) if per in map(str, PER_PAGE) else PER_PAGE[0],
        )

    @property
    def descending(self) -> bool:
        """Whether the greatest comes first."""
        return self.order == "desc"

    @property
    def direction(self) -> str:
        """The order in the words of `aria-sort`."""
        return "descending" if self.descending else "ascending"

    def pairs(self) -> list[tuple[str, str]]:
        """Return the query string's names and values, without what is usual."""
        usual = _USUAL.get(self.sort, "desc")
        single = {
            "q": self.q,
            "sort": self.sort if self.sort != "score" else "",
            "order": self.order if self.order != usual else "",
            "least": self.least,
            "most": self.most,
            "scale": "normalised" if self.normalised else "",
            "rows": "compact" if self.compact else "",
            "chart": self.chart if self.chart != CHARTS[0] else "",
            "per": str(self.per) if self.per != PER_PAGE[0] else "",
            "page": str(self.page) if self.page > 1 else "",
        }
        several = [*self.chosen.items(), ("columns", self.columns), ("pin", self.pins)]
        return [(name, value) for name, value in single.items() if value] + [
            (name, value) for name, values in several for value in values
        ]

    def query_string(self, **changes: object) -> str:
        """Return the query string that asks for this view, or one that differs in something.

        A change of anything but the page begins at the first page.
        """
        changed = replace(self, **{"page": 1} | changes) if changes else self  # type: ignore[arg-type]
        return urlencode(changed.pairs())

    def link(self, **changes: object) -> str:
        """Return the same as a reference to put into a link."""
        return f"?{self.query_string(**changes)}"

    def toggled(self, facet: str, value: str) -> str:
        """Return the link that chooses a facet's value, or no longer does."""
        return self.link(chosen={**self.chosen, facet: _without(self.chosen.get(facet, ()), value)})


def _without(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    return tuple(v for v in values if v != value) if value in values else (*values, value)


def _short(query: QueryDict, name: str, most: int) -> str:
    return query.get(name, "").strip()[:most].rstrip()


def _several(query: QueryDict, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in query.getlist(name) if value))[:200]


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 and int(text) else 1  # noqa: PLR2004
