"""A language model: its facts, its card, its results."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from evaluations.enums import ModelSource
from evaluations.queries import models, results


def local_model(request: HttpRequest, name: str) -> HttpResponse:
    """Show a model that the operator registered."""
    # PostgreSQL can't hold a NUL in a text and refuses the query.
    found = None if "\0" in name else models.by_name(ModelSource.LOCAL, name)
    if found is None:
        raise Http404(_("There is no such model."))
    context = {
        "section": "boards",
        "model": found,
        "revision": models.newest_revision(found),
        "results": results.of_model(found),
    }
    return render(request, "models/model.html", context)
