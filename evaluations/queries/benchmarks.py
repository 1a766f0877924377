"""Benchmarks: where each is used, how models do on it, and some of its items."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import Count, QuerySet

from evaluations.errors import AssayError
from evaluations.models import Benchmark, LogEntry, Result, Score
from evaluations.provenance.records import Kind
from evaluations.queries import boards, samples
from evaluations.queries.results import ranked

#: A page shows so many items, and reads so many rows for them: a row for each filter.
ITEMS, _ROWS = 5, 25
#: Of an item so many fields, of a list so many values, of a text so many letters.
_FIELDS, _LISTED, _LETTERS = 12, 50, 1_200
_BEST = 10


@dataclass(frozen=True, slots=True)
class Listed:
    """A benchmark in the list: as the newest published suite has it, and all that use the name.

    Attributes:
        versions: the same name in every suite and version, that one first.
        models: how many models stand on a board with any of them.
    """

    benchmark: Benchmark
    versions: list[Benchmark]
    models: int

    @property
    def board_count(self) -> int:
        """How many boards rank by it."""
        return sum(len(one.suite.boards.all()) for one in self.versions)


@dataclass(frozen=True, slots=True)
class Item:
    """A document as the dataset has it, and what counts as its answer.

    Attributes:
        number: its place in the task, 0 upward.
        fields: names and values in words; long ones are cut.
    """

    number: int
    fields: list[tuple[str, str]]
    target: str


@dataclass(frozen=True, slots=True)
class Root:
    """What was pinned of one task: how many documents, and their RFC 6962 root."""

    task: str
    documents: int
    root: str


def overview() -> list[Listed]:
    """Return all benchmarks, each name once: those of published suites first, by title."""
    grouped: dict[str, list[Benchmark]] = defaultdict(list)
    for benchmark in boards.benchmarks():
        grouped[benchmark.name].append(benchmark)
    models = dict(_standing().order_by().values_list("benchmark__name").annotate(_models()))
    listed = [
        Listed(found[0], found, models.get(found[0].name, 0))
        for found in map(in_order, grouped.values())
    ]
    return sorted(
        listed, key=lambda one: (one.benchmark.suite.is_draft, one.benchmark.title.lower())
    )


def in_order(found: Sequence[Benchmark]) -> list[Benchmark]:
    """Put one name's benchmarks into order: published before drafts, with boards before without."""
    return sorted(found, key=lambda one: (one.suite.is_draft, not one.suite.boards.all()))


def values(benchmark: Benchmark) -> list[float]:
    """Return the values of all that stand, on the metric's scale, the greatest first."""
    return list(_of(benchmark).order_by("-value").values_list("value", flat=True))


def best(benchmark: Benchmark) -> list[Score]:
    """Return the ten greatest scores that stand, each with its result and model."""
    found = _of(benchmark).select_related("result__revision__model", "result__board")
    return list(
        found.only(
            "value", "stderr", "n", "result__public_id", "result__board__slug",
            "result__board__title", "result__revision__commit",
            "result__revision__model__name", "result__revision__model__source",
        ).order_by("-value", "pk")[:_BEST]
    )  # fmt: skip


def roots(benchmark: Benchmark) -> list[Root]:
    """Return what publication pinned of a benchmark's tasks; nothing for a draft."""
    pinned = benchmark.suite.pins.get("documents", {})
    tasks = dict.fromkeys(component["task"] for component in benchmark.components)
    return [Root(t, pinned[t]["count"], pinned[t]["root"]) for t in tasks if t in pinned]


def log_entry(benchmark: Benchmark) -> LogEntry | None:
    """Return the log's entry of the suite's benchmarks; None for a draft, or before the log."""
    return LogEntry.objects.filter(suite=benchmark.suite_id, kind=Kind.BENCHMARK).first()


def items(benchmark: Benchmark) -> list[Item] | None:
    """Return the first items of a benchmark, as a published result's samples have them.

    Returns:
        Nothing if no result stands; None if the samples can't be read just now.
    """
    tasks = [component["task"] for component in benchmark.components]
    # One that others may not see could still lie in a bundle of before.
    if benchmark.withheld or not tasks:
        return []
    found = Result.objects.filter(pk__in=_of(benchmark).values("result")).order_by("-pk").first()
    if found is None:
        return []
    try:
        return _items(found, tasks[0])
    except AssayError:
        return None


def _items(result: Result, task: str) -> list[Item]:
    """Return items of a bundle; its bytes never change, so what was read once is kept."""
    kept = _kept(result.bundle_sha256, task)
    if not kept:
        page = samples.rows(result, task, start=0, count=_ROWS)
        kept += _distinct(page.items if page else [])
    return kept


@lru_cache(maxsize=256)
def _kept(digest: str, task: str) -> list[Item]:
    """Return where the items of a bundle's task are kept, empty until they are read."""
    return []


def _distinct(rows: Sequence[dict[str, Any]]) -> list[Item]:
    """Return the first few documents; a task with several filters has a row for each."""
    seen: dict[int, Item] = {}
    for row in rows:
        number = row.get("doc_id")
        if isinstance(number, int) and number not in seen and len(seen) < ITEMS:
            seen[number] = Item(number, _fields(row.get("doc")), _words(row.get("target")))
    return list(seen.values())


def _fields(document: object) -> list[tuple[str, str]]:
    if not isinstance(document, dict):
        return [("", _words(document))]
    return [(str(name)[:80], _words(value)) for name, value in list(document.items())[:_FIELDS]]


def _words(value: object) -> str:
    """Write a value as people read it; lists a line each, with the numbers that answers name."""
    if isinstance(value, list):
        text = "\n".join(f"{place}: {_words(one)}" for place, one in enumerate(value[:_LISTED]))
    else:
        text = "" if value is None else str(value)
    return text if len(text) <= _LETTERS else text[:_LETTERS] + "…"


def _models() -> Count:
    return Count("result__revision__model", distinct=True)


def _standing() -> QuerySet[Score]:
    return Score.objects.filter(result__in=ranked())


def _of(benchmark: Benchmark) -> QuerySet[Score]:
    return _standing().filter(benchmark=benchmark)
