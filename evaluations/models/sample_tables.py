"""Parquet copies of samples files, for pages and programs that read only a part."""

from django.db import models

from evaluations.models.results import Result


class SampleTable(models.Model):
    """A table of one task's samples; `docs/samples.md` describes its columns.

    It follows from the bundle, which is what is signed, and may be made anew.

    Attributes:
        task: by lm-eval's name.
        rows: how many it has, one for each document and filter.
        sha256: the table in the artefact store.
        size: in bytes.
        withheld: whether it holds nothing but keys and metrics, and is served to nobody.
    """

    result = models.ForeignKey(Result, models.CASCADE, related_name="sample_tables")
    task = models.CharField(max_length=200)
    rows = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    withheld = models.BooleanField(default=False)

    class Meta:
        ordering = ("task",)
        constraints = (models.UniqueConstraint(fields=["result", "task"], name="one_sample_table"),)

    def __str__(self) -> str:
        return f"{self.result_id}: {self.task}"
