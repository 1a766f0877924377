"""Suites, their benchmarks, and the boards that rank by them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Suite(models.Model):
    """A versioned set of tasks with shots, metrics and aggregation.

    A draft takes no submissions; publishing pins it for good.

    Attributes:
        requires: extras of lm-eval that its tasks need, such as `math`.
        files: `[{path, size, sha256}]` of the task folder; the bytes lie in the artefact store.
        source_sha256: digest of the specification and files, as they were loaded.
        tasks: what lm-eval is asked for: names of tasks, or of the one group that pins them.
        pins: what publication found; see `services.suites.Survey`. Empty for a draft.
        sha256: digest of all of these; a plan names it. Empty for a draft.
    """

    name = models.SlugField(_("name"))
    version = models.PositiveIntegerField(_("version"))
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    languages = models.JSONField(_("languages"), default=list)
    aggregation = models.CharField(_("aggregation"), max_length=40, default="mean")
    requires = models.JSONField(_("requires"), default=list)
    files = models.JSONField(_("files"), default=list)
    source_sha256 = models.CharField(max_length=64, default="")
    tasks = models.JSONField(_("tasks"), default=list)
    pins = models.JSONField(_("pins"), default=dict)
    sha256 = models.CharField(max_length=64, blank=True)
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
        task: as lm-eval knows it: a task, a group or a tag.
        leaves: how many tasks it stands for.
        num_fewshot: None leaves what the task's own YAML says.
        metrics: with `filter` the keys of lm-eval's results, `"<metric>,<filter>"`; several are
            averaged.
        baseline: the score of guessing, on the metric's scale.
        baselines: of single tasks that differ from it, by name.
        aggregation: how the tasks' values become one: `mean`, or `weighted` by their documents.
        normalised: whether each value is first rescaled so that guessing is 0 and perfect is 1.
        licence: the data's, an SPDX name in lower case.
        withheld: whether its documents stay out of bundles, for their licence or because
            publishing them would spoil the benchmark.
        components: `[{task, metric, filter, baseline}]`, resolved at publication.
        documents: how many there are, counted at publication.
        citation: whom to cite for it; may be filled in later, since no score depends on it.
        canary: the line that its authors put into copies, so that who trains on one finds it;
            likewise.
    """

    suite = models.ForeignKey(Suite, models.CASCADE, related_name="benchmarks")
    position = models.PositiveSmallIntegerField()
    name = models.SlugField()
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    task = models.CharField(max_length=200)
    leaves = models.PositiveSmallIntegerField(default=1)
    num_fewshot = models.PositiveSmallIntegerField(null=True)
    metrics = models.JSONField(default=list)
    filter = models.CharField(max_length=80, default="none")
    baseline = models.FloatField(default=0.0)
    baselines = models.JSONField(default=dict)
    aggregation = models.CharField(max_length=10, default="mean")
    normalised = models.BooleanField(default=False)
    languages = models.JSONField(default=list)
    licence = models.CharField(max_length=80)
    withheld = models.BooleanField(default=False)
    components = models.JSONField(default=list)
    documents = models.PositiveIntegerField(null=True, blank=True)
    citation = models.TextField(blank=True)
    canary = models.TextField(blank=True)

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=["suite", "name"], name="benchmark_name"),)

    def __str__(self) -> str:
        return self.title

    @property
    def metric(self) -> str:
        """The metrics' names, as people read them."""
        return " and ".join(self.metrics)


class Board(models.Model):
    """A public ranking over one suite.

    Attributes:
        priority: runs for a board with a higher one are taken first.
    """

    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    suite = models.ForeignKey(Suite, models.PROTECT, related_name="boards")
    priority = models.SmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.title
