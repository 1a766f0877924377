"""Published results: what a run measured, with the bundle that proves it."""

from django.db import models

from evaluations.models.identifiers import new_public_id
from evaluations.models.language_models import Revision
from evaluations.models.submissions import Submission
from evaluations.models.suites import Benchmark, Board


class Result(models.Model):
    """One published evaluation of a revision for a board.

    Attributes:
        value, stderr: the board's score on the metrics' scale (0 to 1 for accuracies).
        config: the text of `run/config.yaml`.
        bundle_sha256: the bundle in the artefact store.
    """

    public_id = models.CharField(max_length=10, unique=True, default=new_public_id, editable=False)
    submission = models.OneToOneField(Submission, models.PROTECT, related_name="result")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="results")
    board = models.ForeignKey(Board, models.PROTECT, related_name="results")
    value = models.FloatField()
    stderr = models.FloatField(null=True)
    config = models.TextField()
    plan = models.JSONField()
    plan_sha256 = models.CharField(max_length=64)
    environment = models.JSONField()
    manifest_sha256 = models.CharField(max_length=64)
    bundle_sha256 = models.CharField(max_length=64)
    bundle_size = models.PositiveBigIntegerField()
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (models.Index(fields=["board", "-value"], name="result_standing"),)

    def __str__(self) -> str:
        return self.public_id


class Score(models.Model):
    """A result for one benchmark: value, standard error (null if the metric has none), n."""

    result = models.ForeignKey(Result, models.CASCADE, related_name="scores")
    benchmark = models.ForeignKey(Benchmark, models.PROTECT, related_name="scores")
    value = models.FloatField()
    stderr = models.FloatField(null=True)
    n = models.PositiveIntegerField()

    class Meta:
        ordering = ("benchmark__position",)
        constraints = (models.UniqueConstraint(fields=["result", "benchmark"], name="one_score"),)

    def __str__(self) -> str:
        return f"{self.benchmark_id}: {self.value}"
