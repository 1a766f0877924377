"""A board's standings: who stands where, with what uncertainty, and who stands apart."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from evaluations.bcp47 import normalised
from evaluations.card import CardMetadata
from evaluations.models import Benchmark, Board, BoardState, Replication, Score
from evaluations.openness import Openness, judge
from evaluations.queries import comparable
from evaluations.queries.results import published
from evaluations.queries.support import Support, support
from evaluations.scoring.aggregate import Estimate


@dataclass(frozen=True, slots=True)
class Cell:
    """A benchmark's value on its metric's scale, and how many documents it rests on."""

    estimate: Estimate
    n: int


@dataclass(frozen=True, slots=True)
class Row:
    """A result as its board shows it.

    Attributes:
        rank: 1 plus the number of results in its section with a greater score.
        first, last: the range of ranks that holds with 95 % for all rows of the section at once;
            None until it is computed, or where it can't be.
        bracket: number of the group of rows, one below the other, that can't be told apart from the
            group's first; None likewise.
        languages: of the card, as BCP 47 tags.
        cells: one per benchmark of the board's suite, in its order; None where nothing was
            measured.
        joules: energy of the run; None if it was not measured.
    """

    result: str
    source: str
    name: str
    commit: str
    licence: str
    languages: tuple[str, ...]
    openness: Openness
    architecture: str
    parameters: int
    chat: bool
    template: bool
    settings: comparable.Settings
    support: Support
    manifest_sha256: str
    published_at: datetime
    joules: float | None
    estimate: Estimate
    cells: tuple[Cell | None, ...]
    n: int
    rank: int = 0
    first: int | None = None
    last: int | None = None
    bracket: int | None = None

    @property
    def model(self) -> str:
        """The model's whole name."""
        return f"{self.source}:{self.name}"


@dataclass(frozen=True, slots=True)
class Section:
    """Rows that may be ranked together, the greatest score first.

    Attributes:
        differs: how its settings differ from those of the first section; empty in that one.
    """

    settings: comparable.Settings
    differs: tuple[comparable.Difference, ...]
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Standings:
    """All that a board shows.

    Attributes:
        version: of the state that it was read at; empty for a board without results.
        changed_at: when it last changed.
        sections: the first is the board's ranking, empty while its suite has no results; the others
            stand apart, each ranked by itself.
    """

    board: Board
    version: str
    changed_at: datetime | None
    benchmarks: list[Benchmark]
    sections: list[Section] = field(default_factory=list)

    @property
    def rows(self) -> list[Row]:
        """The rows that are ranked together."""
        return self.sections[0].rows if self.sections else []

    @property
    def all_rows(self) -> list[Row]:
        """Every row, section by section."""
        return [row for section in self.sections for row in section.rows]


def standings(board: Board) -> Standings:
    """Return a board's standings, read from the database.

    Results that were withdrawn, removed or superseded are left out. Those by another version of the
    suite, or by other software, stand in sections of their own: their numbers can't be compared.
    """
    # First, so that what was read is at least as new as the version says: the board as well, which
    # may have moved on since the caller read it.
    state = BoardState.objects.filter(board=board).first()
    board = Board.objects.select_related("suite").get(pk=board.pk)
    benchmarks = list(board.suite.benchmarks.all())
    rows = _rows(board, benchmarks)
    places = state.places if state and state.ranked_version == state.version else {}
    return Standings(
        board=board,
        version=state.version if state else "",
        changed_at=state.changed_at if state else None,
        benchmarks=benchmarks,
        sections=_sections(board, rows, places),
    )


def ranks(scores: Sequence[float]) -> list[int]:
    """Return the rank of each score, the greatest first: 1 plus the number of greater ones."""
    found: list[int] = []
    for place, value in enumerate(scores):
        tied = place > 0 and value == scores[place - 1]
        found.append(found[-1] if tied else place + 1)
    return found


def _sections(board: Board, rows: list[Row], places: dict[str, list[int]]) -> list[Section]:
    groups: dict[comparable.Settings, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.settings].append(row)
    usual = comparable.usual(groups, suite=str(board.suite))
    if usual is None:
        return []
    apart = sorted(groups.keys() - {usual}, key=lambda s: (-len(groups[s]), s.as_text()))
    return [
        Section(
            settings, comparable.differences(settings, usual), _placed(groups[settings], places)
        )
        for settings in (usual, *apart)
    ]


def _placed(rows: list[Row], places: dict[str, list[int]]) -> list[Row]:
    def order(row: Row) -> tuple[float, int]:
        # Equal scores stand in the order of their brackets, which may part them.
        return -row.estimate.value, places.get(row.result, [0, 0, 0])[2]

    rows = sorted(rows, key=order)
    given = ranks([row.estimate.value for row in rows])
    return [
        _place(row, rank, places.get(row.result)) for row, rank in zip(rows, given, strict=True)
    ]


def _place(row: Row, rank: int, place: list[int] | None) -> Row:
    first, last, bracket = place or (None, None, None)
    # A frozen row with slots is filled by name; `replace` would take three times as long.
    object.__setattr__(row, "rank", rank)
    object.__setattr__(row, "first", first)
    object.__setattr__(row, "last", last)
    object.__setattr__(row, "bracket", bracket)
    return row


_FIELDS = (
    "pk", "public_id", "value", "stderr", "manifest_sha256", "published_at",
    "plan__engine", "revision__commit", "revision__parameters", "revision__licence",
    "revision__architecture", "revision__metadata", "revision__has_chat_template",
    "revision__model__source",
    "revision__model__name", "submission__chat_template", "submission__by_id",
    "submission__suite__name", "submission__suite__version",
    "submission__run__energy_joules", "environment__rescored",
)  # fmt: skip


def _rows(board: Board, benchmarks: Sequence[Benchmark]) -> list[Row]:
    results = published().filter(board=board).order_by("-value", "pk").values(*_FIELDS)
    scores = _scores(board, benchmarks)
    reruns = _reruns(board)
    return [
        _row(result, scores[result["pk"]], reruns[result["pk"]], len(benchmarks))
        for result in results
    ]


def _scores(board: Board, benchmarks: Sequence[Benchmark]) -> dict[int, dict[int, Cell]]:
    """Return each result's cells by the place of their benchmark in the board's suite.

    Benchmarks of an older version of the suite stand where the one of the same name does.
    """
    places = {benchmark.name: place for place, benchmark in enumerate(benchmarks)}
    found: dict[int, dict[int, Cell]] = defaultdict(dict)
    listed = Score.objects.filter(result__in=published().filter(board=board)).order_by()
    for result, name, value, stderr, n in listed.values_list(
        "result_id", "benchmark__name", "value", "stderr", "n"
    ):
        if name in places:
            found[result][places[name]] = Cell(Estimate(value, stderr), n)
    return found


def _reruns(board: Board) -> dict[int, list[tuple[str, int]]]:
    found: dict[int, list[tuple[str, int]]] = defaultdict(list)
    listed = Replication.objects.filter(result__board=board, documents=None).order_by("pk")
    for result, verdict, by in listed.values_list("result_id", "verdict", "by_id"):
        found[result].append((verdict, by))
    return found


@lru_cache(maxsize=4096)
def _languages(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag for name in names if (tag := normalised(name))))


@lru_cache(maxsize=4096)
def _openness(metadata: CardMetadata) -> Openness:
    return judge(metadata, has_card=True)


def _row(
    result: dict[str, Any], cells: dict[int, Cell], reruns: Iterable[tuple[str, int]], count: int
) -> Row:
    metadata = CardMetadata.stored(result["revision__metadata"])
    suite = f"{result['submission__suite__name']} v{result['submission__suite__version']}"
    return Row(
        result=result["public_id"],
        source=result["revision__model__source"],
        name=result["revision__model__name"],
        commit=result["revision__commit"],
        licence=result["revision__licence"],
        languages=_languages(tuple(metadata.language)),
        openness=_openness(metadata),
        architecture=result["revision__architecture"],
        parameters=result["revision__parameters"],
        chat=result["revision__has_chat_template"],
        template=result["submission__chat_template"],
        settings=comparable.settings_of(
            suite, result["plan__engine"] or {}, result["environment__rescored"]
        ),
        support=support(reruns, submitter=result["submission__by_id"]),
        manifest_sha256=result["manifest_sha256"],
        published_at=result["published_at"],
        joules=result["submission__run__energy_joules"],
        estimate=Estimate(result["value"], result["stderr"]),
        cells=tuple(cells.get(place) for place in range(count)),
        n=sum(cell.n for cell in cells.values()),
    )
