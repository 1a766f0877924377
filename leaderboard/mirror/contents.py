"""What a mirror holds: every address of the site that is the same for everybody."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import F
from django.urls import reverse

from evaluations.bcp47 import all_of
from evaluations.models import Benchmark, Board, LanguageModel, Result, Revision
from evaluations.provenance.log.tiles import paths
from evaluations.queries import log

#: Pages without an argument.
_SINGLE = ("home", "compare", "methods", "governance", "queue", "benchmarks", "languages")
_BOARD_FORMS = (
    "board-history",
    "board-json",
    "board-csv",
    "board-parquet",
    "board-atom",
    "board-embed",
)


@dataclass(frozen=True, slots=True)
class Item:
    """Something to mirror.

    Attributes:
        path: its address on the site.
        stamp: changes when it does; empty if only its bytes tell. `FINAL` never changes.
        may_lack: whether the site may have nothing there.
        data: its bytes, where asking later could give other ones.
    """

    path: str
    stamp: str = ""
    may_lack: bool = False
    data: bytes | None = None


FINAL = "final"


def contents() -> Iterator[Item]:
    """Return everything, what others rest on first: a checkpoint comes after its tiles."""
    for name in _SINGLE:
        yield Item(reverse(name))
    yield from _boards()
    for benchmark in Benchmark.objects.order_by("name").values_list("name", flat=True).distinct():
        yield Item(reverse("benchmark", args=[benchmark]))
    for tag in sorted({tag for tags in _spoken() for tag in tags}):
        yield Item(reverse("language", args=[tag]), may_lack=True)
    yield from _results()
    for model in LanguageModel.objects.exclude(revisions__results=None).iterator():
        yield Item(reverse("model", args=[_model_path(model)]))
    yield from _log()


def _model_path(model: LanguageModel) -> str:
    return f"local/{model.name}" if model.source == "local" else model.name


def _spoken() -> Iterator[list[str]]:
    """Return the languages of benchmarks and of models' cards."""
    yield from Benchmark.objects.values_list("languages", flat=True)
    for metadata in Revision.objects.values_list("metadata", flat=True).iterator():
        yield all_of(metadata.get("language", []))


def _boards() -> Iterator[Item]:
    for slug, version in Board.objects.values_list("slug", "state__version"):
        stamp = version or ""
        yield Item(reverse("board", args=[slug]), stamp)
        for form in _BOARD_FORMS:
            yield Item(reverse(form, args=[slug]), stamp)
        for form in ("svg", "json"):
            yield Item(reverse("board-badge", args=[slug, form]), stamp)


def _results() -> Iterator[Item]:
    listed = Result.objects.annotate(version=F("board__state__version")).order_by("pk")
    for name, version in listed.values_list("public_id", "version").iterator():
        # Its page tells its rank, its reruns and whether it still stands: all touch the board.
        yield Item(reverse("result", args=[name]), version or "")
        yield Item(reverse("api:get_bundle", args=[name]), FINAL)
        yield Item(reverse("api:get_config", args=[name]), FINAL)
        yield Item(reverse("api:get_statement", args=[name]), FINAL, may_lack=True)
        yield Item(reverse("api:get_model", args=[name]), FINAL, may_lack=True)


def _log() -> Iterator[Item]:
    for version in log.roots():
        yield Item(reverse("trust-root", args=[version]), FINAL)
    newest = log.latest()
    if newest is None:
        return
    yield Item(reverse("log-vkey"))
    for path in paths(newest.size):
        yield Item(f"/{path}", FINAL)
    # This very one: by now the log may have grown beyond the tiles above.
    yield Item(reverse("checkpoint"), data=newest.note.encode())
