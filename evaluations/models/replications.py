"""Replications: a result run again by somebody, with what came out, whatever that was."""

from django.conf import settings
from django.db import models

from evaluations.models.identifiers import choices, new_public_id
from evaluations.models.results import Result
from evaluations.scoring.equivalence import Verdict


class Replication(models.Model):
    """One replication of a published result; rows are only ever added.

    Attributes:
        by: who sent it in; the key is what signed it, and says nothing of whose it is.
        verdict: as this site computed it from both runs' samples.
        documents: how many of each task an audit answered; null for a whole run.
        keyid: of the Ed25519 key that signed it, 64 hexadecimal digits.
        bundle_sha256: the replication's own bundle in the artefact store.
        manifest_sha256: of its manifest, by which two are the same.
        statement: the signed in-toto statement.
        comparison: verdicts and statistics, as this site computed them.
    """

    public_id = models.CharField(max_length=10, unique=True, default=new_public_id, editable=False)
    result = models.ForeignKey(Result, models.PROTECT, related_name="replications")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="replications")
    verdict = models.CharField(max_length=8, choices=choices(Verdict))
    documents = models.PositiveIntegerField(null=True)
    keyid = models.CharField(max_length=64)
    bundle_sha256 = models.CharField(max_length=64)
    bundle_size = models.PositiveBigIntegerField()
    manifest_sha256 = models.CharField(max_length=64, unique=True)
    statement = models.JSONField()
    comparison = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return self.public_id
