"""Languages: which have boards, which models speak them, and where something is missing."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse

from evaluations.bcp47 import normalised
from evaluations.models import Benchmark, Board, LanguageModel, Score
from evaluations.queries import languages
from evaluations.queries.languages import Language
from leaderboard.pages.language_names import is_named, name, near

#: A page names so many models that speak a language.
_MODELS = 50


@dataclass(frozen=True, slots=True)
class Measured:
    """A benchmark that measures a language, with the board it stands on and who is best."""

    board: Board
    benchmark: Benchmark
    best: Sequence[Score]


@dataclass(frozen=True, slots=True)
class Speaker:
    """A model that says it speaks a language, and whether a board has measured that."""

    model: LanguageModel
    measured: bool


def listing(request: HttpRequest) -> HttpResponse:
    """List the languages; `q` searches, `gaps` leaves out what lacks nothing."""
    found = sorted(languages.survey().values(), key=_order)
    wanted, only_gaps = request.GET.get("q", "").strip(), bool(request.GET.get("gaps"))
    shown = [one for one in found if _matches(one, wanted)]
    context = {
        "section": "languages",
        "languages": [one for one in shown if one.unmeasured or one.thin or not only_gaps],
        "all": len(found),
        "boarded": sum(bool(one.boards) for one in found),
        "unmeasured": [one for one in found if one.unmeasured],
        "thin": sum(one.thin for one in found),
        "few": languages.FEW,
        "q": wanted,
        "only_gaps": only_gaps,
    }
    return render(request, "languages/list.html", context)


def _order(language: Language) -> tuple[bool, str]:
    """Put by name what a board measures or a model speaks, and then what waits for a draft."""
    return not (language.boards or language.speakers), name(language.tag).here.lower()


def _matches(language: Language, wanted: str) -> bool:
    called = name(language.tag)
    words = f"{language.tag} {called.here} {called.own}".lower()
    return wanted.lower() in words


def language(request: HttpRequest, tag: str) -> HttpResponse:
    """Show a language; a tag that is written otherwise leads to its usual form."""
    usual = normalised(tag)
    if usual and usual != tag:
        return HttpResponsePermanentRedirect(reverse("language", args=[usual]))
    found = languages.survey()
    if not usual or (usual not in found and not is_named(usual)):
        return _unknown(request, tag, near(tag, found))
    one = found.get(usual, Language(usual))
    context = {
        "section": "languages",
        # Not `language`: the page's own has that name in every template.
        "found": one,
        "measured": _measured(one),
        "speakers": _speakers(one),
        "board": next(iter(one.boards), None),
        "related": sorted(tag for tag in found if tag.startswith(f"{usual}-")),
        "few": languages.FEW,
    }
    return render(request, "languages/language.html", context)


def _unknown(request: HttpRequest, tag: str, suggested: Sequence[str]) -> HttpResponse:
    context = {"section": "languages", "tag": tag[:100], "near": suggested}
    return render(request, "languages/unknown.html", context, status=404)


def _measured(one: Language) -> list[Measured]:
    best = languages.best(one.benchmarks)
    return [
        Measured(board, benchmark, best.get(benchmark.pk, ()))
        for board, found in one.boards.items()
        for benchmark in found
    ]


def _speakers(one: Language) -> list[Speaker]:
    models = languages.models(one.speakers, _MODELS)
    return [Speaker(model, model.pk in one.measured) for model in models]
