"""A language model: its facts, its card, its results."""

from urllib.parse import quote

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from evaluations.enums import ModelSource
from evaluations.models import LanguageModel, Revision
from evaluations.queries import models, results


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
    context = {
        "section": "boards",
        "model": found,
        "revision": revision,
        "results": results.of_model(found),
        **_hub_facts(found, revision),
    }
    return render(request, "models/model.html", context)


def _hub_facts(found: LanguageModel, revision: Revision | None) -> dict[str, object]:
    """Return where the hub shows a revision, and the names under which it was asked for."""
    if found.source != ModelSource.HUB or revision is None:
        return {}
    address = f"{settings.HUB_ENDPOINT}/{quote(found.name)}/tree/{revision.commit}"
    return {"hub_address": address, "requested": models.requested_names(revision)}
