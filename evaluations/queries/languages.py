"""Languages: which boards measure each, which models say they speak it, and what is missing."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from evaluations.bcp47 import all_of, wider
from evaluations.models import Benchmark, Board, LanguageModel, Revision, Score
from evaluations.queries.results import ranked

#: With fewer models a board hardly compares anything.
FEW = 3
#: A language's page shows so many of a benchmark's scores.
_BEST = 3


@dataclass(slots=True)
class Language:
    """A language as boards and cards name it.

    What is narrower counts for it: who speaks `pt-BR` speaks `pt`.

    Attributes:
        boards: that measure it and take submissions, each with its benchmarks in the language.
        drafts: boards that would, once their suite is published.
        measured: models with a score that stands on one of these benchmarks, by primary key.
        speakers: models whose card names the language, likewise.
        covered: whether a board measures it or what it narrows.
    """

    tag: str
    boards: dict[Board, list[Benchmark]] = field(default_factory=dict)
    drafts: dict[Board, list[Benchmark]] = field(default_factory=dict)
    measured: set[int] = field(default_factory=set)
    speakers: set[int] = field(default_factory=set)
    covered: bool = False

    @property
    def benchmarks(self) -> list[Benchmark]:
        """Those of its boards."""
        return [benchmark for found in self.boards.values() for benchmark in found]

    @property
    def unmeasured(self) -> bool:
        """Whether models say that they speak it, and no board measures that."""
        return bool(self.speakers) and not self.covered

    @property
    def thin(self) -> bool:
        """Whether a board measures it with too few models."""
        return bool(self.boards) and len(self.measured) < FEW


def survey() -> dict[str, Language]:
    """Return every language that a board or a model's card names, by its tag."""
    found: dict[str, Language] = {}
    _add_boards(found)
    for model, tags in _spoken().items():
        for tag in _with_wider(tags):
            found.setdefault(tag, Language(tag)).speakers.add(model)
    measured = {tag for tag, language in found.items() if language.boards}
    for tag, language in found.items():
        language.covered = bool(measured & set(wider(tag)))
    return found


def best(benchmarks: Iterable[Benchmark]) -> dict[int, list[Score]]:
    """Return the greatest scores that stand of each of some benchmarks, by primary key."""
    place = Window(RowNumber(), partition_by=F("benchmark"), order_by=[F("value").desc(), F("pk")])
    found = (
        _standing()
        .filter(benchmark__in=[benchmark.pk for benchmark in benchmarks])
        .annotate(place=place)
        .filter(place__lte=_BEST)
        .select_related("result__revision__model", "result__submission")
        .order_by("place")
    )
    scores: dict[int, list[Score]] = defaultdict(list)
    for score in found:
        scores[score.benchmark_id].append(score)
    return scores


def models(keys: Iterable[int], most: int) -> list[LanguageModel]:
    """Return models by their primary keys, sorted by name, so many at most."""
    return list(LanguageModel.objects.filter(pk__in=keys).order_by("name")[:most])


def _add_boards(found: dict[str, Language]) -> None:
    measured: dict[int, set[int]] = defaultdict(set)
    pairs = _standing().order_by().values_list("benchmark", "result__revision__model").distinct()
    for key, model in pairs:
        measured[key].add(model)
    for board in Board.objects.select_related("suite").prefetch_related("suite__benchmarks"):
        for benchmark in board.suite.benchmarks.all():
            for tag in _with_wider(benchmark.languages):
                language = found.setdefault(tag, Language(tag))
                if board.suite.is_draft:
                    language.drafts.setdefault(board, []).append(benchmark)
                    continue
                language.boards.setdefault(board, []).append(benchmark)
                language.measured |= measured[benchmark.pk]


def _with_wider(tags: Iterable[str]) -> set[str]:
    return {one for tag in all_of(tags) for one in wider(tag)}


def _spoken() -> dict[int, list[str]]:
    """Return the languages that each model's newest card names."""
    rows = Revision.objects.order_by("created_at", "pk").values_list("model", "metadata")
    return {model: metadata.get("language", []) for model, metadata in rows}


def _standing() -> QuerySet[Score]:
    return Score.objects.filter(result__in=ranked())
