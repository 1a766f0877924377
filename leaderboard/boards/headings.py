"""The headings of a board's columns, each a link that sorts by it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from evaluations.models import Benchmark
from leaderboard.boards.snapshot import Axis, Snapshot
from leaderboard.boards.view import View


@dataclass(frozen=True, slots=True)
class Heading:
    """A sortable column.

    Attributes:
        link: sorts by it, or the other way round if it is sorted by already.
        direction: as `aria-sort` says it; empty if another column is sorted by.
        benchmark: None for the columns that every board has.
        axis: the column's, if whiskers are drawn on it.
    """

    key: str
    title: str
    kind: str
    link: str
    direction: str
    benchmark: Benchmark | None = None
    axis: Axis | None = None


def headings(snapshot: Snapshot, view: View, columns: Sequence[int]) -> list[Heading]:
    """Return a board's headings in the order of its columns."""
    benchmarks = snapshot.standings.benchmarks
    keys = {"model", "size", *(benchmark.name for benchmark in benchmarks)}
    sort = view.sort if view.sort in keys | {"date", "energy"} else "score"

    def heading(key: str, title: str, kind: str, first: str, **more: object) -> Heading:
        other = "asc" if view.order == "desc" else "desc"
        link = view.link(sort=key, order=other if key == sort else first)
        return Heading(key, title, kind, link, view.direction if key == sort else "", **more)  # type: ignore[arg-type]

    return [
        heading("model", _("Model"), "md", "asc"),
        heading("size", _("Size"), "sz", "asc"),
        heading("score", _("Score"), "sc", "desc", axis=snapshot.score),
        *(
            heading(b.name, b.title, "b", "desc", benchmark=b, axis=snapshot.axes[place])
            for place in columns
            for b in (benchmarks[place],)
        ),
    ]
