"""Every model that is known here, with its revisions and results."""

from dataclasses import dataclass

from django.db.models import Prefetch, Q

from evaluations.enums import ModelSource
from evaluations.models import LanguageModel, Result, Revision
from evaluations.queries.results import of_model


@dataclass(frozen=True, slots=True)
class Model:
    """A model, its revisions with the newest first, and its results likewise."""

    model: LanguageModel
    revisions: list[Revision]
    results: list[Result]


def source_and_name(text: str) -> tuple[str, str]:
    """Read a model's name as people write it: `local:name`, `hf:org/name` or `org/name`."""
    source, colon, name = text.strip().partition(":")
    return (source, name) if colon else (ModelSource.HUB, source)


def after(last: int | None, count: int, *, search: str = "") -> list[LanguageModel]:
    """Return so many models, the newest first, each with its revisions.

    Args:
        last: the primary key of the last one that was seen; None begins at the newest.
        count: how many at most.
        search: a part of the name with its source, any case.
    """
    found = LanguageModel.objects.order_by("-pk").prefetch_related(
        Prefetch("revisions", Revision.objects.defer("card"))
    )
    if last is not None:
        found = found.filter(pk__lt=last)
    if search:
        source, colon, name = search.partition(":")
        wanted = Q(source=source.lower(), name__icontains=name) if colon else Q()
        found = found.filter(wanted or Q(name__icontains=search))
    return list(found[:count])


def one(source: str, name: str) -> Model | None:
    """Return a model with all that is known of it, or None."""
    found = LanguageModel.objects.filter(source=source, name=name).first()
    if found is None:
        return None
    return Model(found, list(found.revisions.defer("card")), of_model(found))
