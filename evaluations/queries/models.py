"""Named models and their revisions."""

from django.db.models import QuerySet, Value
from django.db.models.functions import Concat

from evaluations.card import CardMetadata
from evaluations.models import LanguageModel, Revision


def by_name(source: str, name: str) -> LanguageModel | None:
    """Return a model, or None."""
    return LanguageModel.objects.filter(source=source, name=name).first()


def newest_revision(model: LanguageModel) -> Revision | None:
    """Return the revision that was registered last."""
    return model.revisions.first()


def metadata(revision: Revision) -> CardMetadata:
    """Return what a revision's card says for programs."""
    return CardMetadata.stored(revision.metadata)


def requested_names(revision: Revision) -> list[str]:
    """Return the branches and tags under which a commit was asked for, each once."""
    asked = revision.submissions.exclude(requested_revision="").order_by("requested_revision")
    names = asked.values_list("requested_revision", flat=True).distinct()
    return [name for name in names if not revision.commit.startswith(name.lower())]


def names(limit: int = 200, *, part: str = "") -> list[str]:
    """Return the names of the models that can be submitted, as people write them.

    Args:
        limit: how many at most.
        part: what the name must hold, any case.
    """
    found: QuerySet[LanguageModel] = LanguageModel.objects.order_by("source", "name")
    if part:
        written = Concat("source", Value(":"), "name")
        found = found.annotate(written=written).filter(written__icontains=part)
    return [str(model) for model in found[:limit]]
