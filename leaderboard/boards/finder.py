"""The sentence finder: "I need a model for … that is good at … and fits in …"."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from evaluations.models import Benchmark, Board
from evaluations.queries.standings import Cell, Row
from leaderboard.boards.snapshot import snapshot

#: A model's weights at two bytes a parameter, and a fifth for the rest.
_BYTES = 2 * 1.2
_SHOWN = 3
#: What a model has to fit in, 10^9 bytes; 0 is anything.
ROOMS: Mapping[str, tuple[int, str | Promise]] = {
    "any": (0, _("anything")),
    "4": (4, _("4 GB, a phone")),
    "8": (8, _("8 GB, no GPU")),
    "16": (16, _("16 GB, a laptop")),
    "24": (24, _("24 GB, one GPU")),
    "80": (80, _("80 GB, a large GPU")),
}


@dataclass(frozen=True, slots=True)
class Found:
    """A row of the answer, its value on the benchmark that was asked for, and what it takes."""

    row: Row
    cell: Cell
    bytes: float


@dataclass(frozen=True, slots=True)
class Finder:
    """The sentence with what was chosen, and its answer.

    Attributes:
        languages: BCP 47 tags among which there is a choice.
        tasks: benchmarks in the chosen language, each with a board that has it.
        found: the best that fit, by the benchmark's value.
        fitting: how many fit.
    """

    language: str
    languages: Sequence[str]
    task: str
    tasks: Sequence[tuple[str, Benchmark]]
    room: str
    board: Board | None
    benchmark: Benchmark | None
    found: Sequence[Found]
    fitting: int


def find(query: Mapping[str, str]) -> Finder | None:
    """Answer a sentence; what was not chosen, or makes no sense, takes the first of its choices.

    Returns:
        None while no board has a result.
    """
    boards = list(
        Board.objects.exclude(state=None)
        .select_related("suite")
        .prefetch_related("suite__benchmarks")
        .order_by("title", "pk")
    )
    every = [(board, b) for board in boards for b in board.suite.benchmarks.all()]
    if not every:
        return None
    languages = sorted({tag for _board, b in every for tag in b.languages})
    language = query.get("language", "")
    language = language if language in languages else ""
    within = [(board, b) for board, b in every if not language or language in b.languages]
    keys = {f"{board.slug}/{b.name}": (board, b) for board, b in within}
    task = query.get("task", "")
    task = task if task in keys else next(iter(keys))
    board, benchmark = keys[task]
    room = query.get("room", "")
    room = room if room in ROOMS else "any"
    fitting = _fitting(board, benchmark, ROOMS[room][0])
    return Finder(
        language, languages, task, [(key, b) for key, (_board, b) in keys.items()], room, board,
        benchmark, fitting[:_SHOWN], len(fitting),
    )  # fmt: skip


def _fitting(board: Board, benchmark: Benchmark, gigabytes: int) -> list[Found]:
    now = snapshot(board).standings
    places = [place for place, b in enumerate(now.benchmarks) if b.pk == benchmark.pk]
    found = [
        Found(row, cell, needs)
        for place in places
        for row in now.rows
        if (cell := row.cells[place]) is not None
        and ((needs := row.parameters * _BYTES) <= gigabytes * 1e9 or not gigabytes)
    ]
    return sorted(found, key=lambda one: -one.cell.estimate.value)
