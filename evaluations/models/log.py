"""The site's log: its entries, and what was signed of them.

Rows are only ever added; an entry gets its index once. Tiles follow from the entries; full ones are
kept, so that no proof reads more than a few rows.
"""

from django.db import models

from evaluations.models.identifiers import choices
from evaluations.models.submissions import Submission
from evaluations.models.suites import Suite
from evaluations.provenance.records import Kind


class LogEntry(models.Model):
    """A record, written in the transaction of what it tells; the sequencer gives it an index.

    Attributes:
        record: the leaf's bytes, canonical JSON.
        leaf: its RFC 6962 hash, in hexadecimal.
        payload: the statement that goes with it, to be signed; empty for most kinds.
        submission, suite: what it is about, as far as it is one of these.
        index: its place in the log, 0 upward; None until the sequencer has come by.
        envelope: the signed statement, a DSSE envelope; empty where there is no payload.
    """

    kind = models.CharField(max_length=12, choices=choices(Kind))
    record = models.TextField()
    leaf = models.CharField(max_length=64, unique=True)
    payload = models.TextField(blank=True)
    submission = models.ForeignKey(
        Submission, models.PROTECT, null=True, blank=True, related_name="entries"
    )
    suite = models.ForeignKey(Suite, models.PROTECT, null=True, blank=True, related_name="entries")
    index = models.PositiveBigIntegerField(null=True, blank=True, unique=True)
    envelope = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "log entries"
        constraints = (
            models.UniqueConstraint(
                fields=["submission", "kind"],
                condition=models.Q(kind__in=["intent", "result", "failure", "retract"]),
                name="one_entry_of_a_submission",
            ),
            models.UniqueConstraint(
                fields=["suite", "kind"],
                condition=models.Q(kind__in=["suite", "benchmark"]),
                name="one_entry_of_a_suite",
            ),
        )
        indexes = (
            models.Index(fields=["id"], condition=models.Q(index=None), name="log_waiting"),
            models.Index(
                fields=["-id"],
                condition=models.Q(kind__in=["key", "moderation", "retract", "supersede"]),
                name="log_governance",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.leaf[:12]}"


class LogTile(models.Model):
    """A full tile: 256 hashes of one level, and the hash of the subtree over them."""

    level = models.PositiveSmallIntegerField()
    number = models.PositiveBigIntegerField()
    hashes = models.BinaryField()
    root = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["level", "number"], name="one_tile"),)

    def __str__(self) -> str:
        return f"{self.level}/{self.number}"


class LogCheckpoint(models.Model):
    """A signed checkpoint; of each size there is one at most.

    Attributes:
        note: as it is served at `/checkpoint`.
        root: the tree's hash, in hexadecimal.
    """

    size = models.PositiveBigIntegerField(primary_key=True)
    root = models.CharField(max_length=64)
    note = models.TextField()
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"checkpoint of {self.size}"


class TrustRoot(models.Model):
    """A version of the root metadata, as everybody gets it."""

    version = models.PositiveIntegerField(primary_key=True)
    data = models.TextField()
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"root {self.version}"
