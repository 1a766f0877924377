"""Named models and their immutable revisions."""

from django.db import models

from evaluations.enums import ModelSource
from evaluations.models.identifiers import choices


class LanguageModel(models.Model):
    """A named model, such as `local:mti` or `hf:org/name`."""

    source = models.CharField(max_length=10, choices=choices(ModelSource))
    name = models.CharField(max_length=200)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["source", "name"], name="model_name"),)

    def __str__(self) -> str:
        return f"{self.source}:{self.name}"


class Revision(models.Model):
    """An immutable commit of a model: every file with its digest.

    Attributes:
        commit: of a hub model its Git commit; for `local:` models the SHA-256 of the canonical
            list of files.
        files: `[{path, size, sha256}]`, sorted by path. The bytes of `local:` models lie in the
            artefact store. A hub tells the SHA-256 of large files only, so the others are empty
            until a worker has fetched them.
        parameters: counted in the headers of the weights.
        licence: as the card's front matter names it, or empty: not reported.
        metadata: of the card's front matter what `evaluations.card` keeps.
    """

    model = models.ForeignKey(LanguageModel, models.PROTECT, related_name="revisions")
    commit = models.CharField(max_length=64)
    files = models.JSONField()
    licence = models.CharField(max_length=80, blank=True)
    card = models.TextField(blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    architecture = models.CharField(max_length=120)
    parameters = models.PositiveBigIntegerField()
    has_chat_template = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (models.UniqueConstraint(fields=["model", "commit"], name="model_commit"),)

    def __str__(self) -> str:
        return f"{self.model}@{self.commit[:12]}"

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(int(file["size"]) for file in self.files)
