"""Named models and their revisions."""

from evaluations.models import LanguageModel, Revision


def by_name(source: str, name: str) -> LanguageModel | None:
    """Return a model, or None."""
    return LanguageModel.objects.filter(source=source, name=name).first()


def newest_revision(model: LanguageModel) -> Revision | None:
    """Return the revision that was registered last."""
    return model.revisions.first()


def names(limit: int = 200) -> list[str]:
    """Return the names of the models that can be submitted, as people write them."""
    return [str(model) for model in LanguageModel.objects.order_by("source", "name")[:limit]]
