"""The items that flipped between the baseline and one other, as the page shows them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evaluations.errors import AssayError
from evaluations.models import Benchmark
from evaluations.queries.flips import (
    DIRECTIONS,
    Direction,
    Item,
    Square,
    TaskFlips,
    items,
    square,
    task_flips,
)
from leaderboard.compare.members import Member
from leaderboard.compare.view import PER_PAGE, View
from leaderboard.pages.sample_view import Shown, shown


@dataclass(frozen=True, slots=True)
class Flip:
    """A document that flipped, with both answers as they are shown."""

    item: Item
    first: Shown
    second: Shown


@dataclass(frozen=True, slots=True)
class Chip:
    """A way to filter: what it stands for, its link, and how many flips it leaves."""

    key: str
    link: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A benchmark's items both ways; `square` is None where scores aren't 0 or 1."""

    benchmark: Benchmark
    square: Square | None
    lost: int
    gained: int


@dataclass(frozen=True, slots=True)
class Flipped:
    """Everything about the flips of one pair.

    Attributes:
        other: whose answers stand beside the baseline's.
        tasks: of which both have scores document by document.
        rows: one for each benchmark that has such tasks.
        square: over all items whose scores are 0 or 1; None if there are none.
        binary: whether all are: then a flip is from right to wrong or back.
    """

    other: Member
    view: View
    tasks: Sequence[TaskFlips]
    rows: Sequence[Row]
    square: Square | None
    binary: bool

    @property
    def wanted(self) -> list[TaskFlips]:
        """The tasks whose items are listed: the chosen one or all, but none that is withheld."""
        named = [one for one in self.tasks if self.view.task in {"", one.first.name}]
        return [one for one in named if not _withheld(one)]

    @property
    def total(self) -> int:
        """How many items are in the list."""
        return sum(one.count(self.view.direction) for one in self.wanted)

    @property
    def withheld(self) -> list[TaskFlips]:
        """The tasks of which only the count is shown."""
        return [one for one in self.tasks if _withheld(one)]

    @property
    def directions(self) -> list[Chip]:
        """Both directions after each other, with what the chosen task leaves of them."""
        named = [one for one in self.tasks if self.view.task in {"", one.first.name}]

        def chip(direction: Direction | None) -> Chip:
            count = sum(one.count(direction) for one in named)
            link = self.view.link(direction=direction)
            return Chip(direction or "", link, count, direction == self.view.direction)

        return [chip(None), *(chip(direction) for direction in DIRECTIONS)]

    @property
    def choices(self) -> list[Chip]:
        """The tasks, with what the chosen direction leaves of them."""
        counts = {one.first.name: one.count(self.view.direction) for one in self.tasks}
        chips = [
            Chip(name, self.view.link(task=name), count, name == self.view.task)
            for name, count in counts.items()
            if count or name == self.view.task
        ]
        return [Chip("", self.view.link(task=""), sum(counts.values()), not self.view.task), *chips]

    def piece(self, start: int, stop: int) -> list[Flip]:
        """Return some of the items in the list.

        Raises:
            ArtefactMissingError: if the store has lost a table, or it can't be read.
        """
        listed = items(self.wanted, self.view.direction, slice(start, stop))
        return [
            Flip(item, shown(item.first, item.task), shown(item.second, item.task))
            for item in listed
        ]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list.

    Attributes:
        number, pages: from 1.
        first, last: places in the list, from 1.
        trouble: why the items can't be read just now; None if they can.
    """

    flips: Sequence[Flip]
    number: int
    pages: int
    first: int
    last: int
    trouble: AssayError | None = None


def flipped(
    baseline: Member, other: Member, benchmarks: Sequence[Benchmark], view: View
) -> Flipped:
    """Return the flips of a pair over the same documents; a task that isn't theirs counts as none.

    Args:
        baseline: the first.
        other: the second.
        benchmarks: of their suite.
        view: what is asked for.
    """
    found = task_flips(baseline.result, other.result, benchmarks)
    names = {one.first.name for one in found}
    limited = view.limited(
        view.pins, other.result.public_id, view.task if view.task in names else ""
    )
    binary = [one for one in found if one.binary]
    rows = [
        Row(benchmark, square(own), *(sum(one.count(way) for one in own) for way in DIRECTIONS))
        for benchmark in benchmarks
        if (own := _of(found, benchmark))
    ]
    return Flipped(other, limited, found, rows, square(binary), len(binary) == len(found))


def page(found: Flipped) -> Page:
    """Return the page that is asked for; beyond the end, the last one."""
    total = found.total
    pages = max(1, -(-total // PER_PAGE))
    number = min(found.view.page, pages)
    start = (number - 1) * PER_PAGE
    stop = min(start + PER_PAGE, total)
    listed, trouble = _tried(lambda: found.piece(start, stop))
    return Page(listed, number, pages, start + 1, stop, trouble)


def _tried(read: Callable[[], list[Flip]]) -> tuple[list[Flip], AssayError | None]:
    try:
        return read(), None
    except AssayError as error:
        return [], error


def _of(found: Sequence[TaskFlips], benchmark: Benchmark) -> list[TaskFlips]:
    return [one for one in found if one.first.benchmark.pk == benchmark.pk]


def _withheld(one: TaskFlips) -> bool:
    return one.first.withheld or one.second.withheld
