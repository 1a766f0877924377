"""Suites, their benchmarks, and the boards that rank by them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Suite(models.Model):
    """A versioned set of tasks with shots, metrics and aggregation.

    A draft takes no submissions; publishing pins it for good.

    Attributes:
        files: `[{path, size, sha256}]` of the task folder; the bytes lie in the artefact store.
        sha256: digest of the specification and files; a plan names it.
    """

    name = models.SlugField(_("name"))
    version = models.PositiveIntegerField(_("version"))
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    languages = models.JSONField(_("languages"), default=list)
    aggregation = models.CharField(_("aggregation"), max_length=40, default="mean")
    files = models.JSONField(_("files"), default=list)
    sha256 = models.CharField(max_length=64)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["name", "version"], name="suite_version"),)

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"

    @property
    def is_draft(self) -> bool:
        """Whether the suite still waits for publication."""
        return self.published_at is None


class Benchmark(models.Model):
    """One column of a suite: a dataset with a protocol.

    Attributes:
        metric, filter: the key of lm-eval's results, `"<metric>,<filter>"`.
        baseline: the score of guessing, on the metric's scale.
        documents: how many there are, counted at publication.
    """

    suite = models.ForeignKey(Suite, models.CASCADE, related_name="benchmarks")
    position = models.PositiveSmallIntegerField()
    name = models.SlugField()
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    task = models.CharField(max_length=200)
    num_fewshot = models.PositiveSmallIntegerField()
    metric = models.CharField(max_length=80)
    filter = models.CharField(max_length=80, default="none")
    baseline = models.FloatField(default=0.0)
    languages = models.JSONField(default=list)
    licence = models.CharField(max_length=80)
    documents = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=["suite", "name"], name="benchmark_name"),)

    def __str__(self) -> str:
        return self.title


class Board(models.Model):
    """A public ranking over one suite."""

    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    suite = models.ForeignKey(Suite, models.PROTECT, related_name="boards")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.title
