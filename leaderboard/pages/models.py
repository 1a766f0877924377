"""A language model: its facts, its results by what speaks for them, and how open it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from evaluations.enums import ModelSource
from evaluations.models import LanguageModel, Revision
from evaluations.openness import ADDED, MofClass, Openness, State, judge
from evaluations.queries import models
from evaluations.queries.model_history import by_evidence, history
from leaderboard.pages.labels import COMPONENTS, MOF_CLASSES, OPENNESS


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A class of the Model Openness Framework with the components that it adds.

    Attributes:
        open, needed: of all components that it asks for, also those of the classes below it.
    """

    title: str | Promise
    open: int
    needed: int
    components: Sequence[tuple[str | Promise, State, str | Promise]]


def model(request: HttpRequest, path: str) -> HttpResponse:
    """Show a model; those that the operator registered lie under `local/`."""
    source, name = ModelSource.HUB.value, path
    if path.startswith(f"{ModelSource.LOCAL}/"):
        source, name = ModelSource.LOCAL.value, path.partition("/")[2]
    # PostgreSQL can't hold a NUL in a text and refuses the query.
    found = None if "\0" in name else models.by_name(source, name)
    if found is None:
        raise Http404(_("There is no such model."))
    revision = models.newest_revision(found)
    entries = history(found)
    context = {
        "section": "boards",
        "model": found,
        "revision": revision,
        "entries": entries,
        "groups": by_evidence(entries),
        **_hub_facts(found, revision),
        **(_card(revision) if revision else {}),
    }
    return render(request, "models/model.html", context)


def _hub_facts(found: LanguageModel, revision: Revision | None) -> dict[str, object]:
    """Return where the hub shows a revision, and the names under which it was asked for."""
    if found.source != ModelSource.HUB or revision is None:
        return {}
    address = f"{settings.HUB_ENDPOINT}/{quote(found.name)}/tree/{revision.commit}"
    return {"hub_address": address, "requested": models.requested_names(revision)}


def _card(revision: Revision) -> dict[str, object]:
    metadata = models.metadata(revision)
    openness = judge(metadata, has_card=bool(revision.card.strip()))
    reached = MOF_CLASSES[openness.reached] if openness.reached else ""
    return {"card": metadata, "mof_class": reached, "mof": _classes(openness)}


def _classes(openness: Openness) -> list[ClassRow]:
    return [_class_row(one, openness) for one in MofClass]


def _class_row(one: MofClass, openness: Openness) -> ClassRow:
    states = [(component, openness.states[component]) for component in ADDED[one]]
    named = [(COMPONENTS[component], state, OPENNESS[state]) for component, state in states]
    return ClassRow(MOF_CLASSES[one], *openness.counted(one), named)
