"""Executions and their units: what workers claim."""

from django.db import models

from evaluations.enums import UnitState
from evaluations.models.identifiers import choices
from evaluations.models.submissions import Submission


class Leased(models.Model):
    """A row that one worker at a time holds, by a lease that ends and a token that only grows.

    Attributes:
        token: raised at each claim; a write that names an older one changes nothing.
        lease_until: by the database's clock; past it, anybody may claim.
    """

    worker = models.CharField(max_length=120, blank=True)
    token = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class Run(Leased):
    """One execution of a submission with everything pinned.

    Attributes:
        plan: the contents of `run/plan.json`, empty until planned.
        pack: for each task the SHA-256 of its file in the artefact store.
        environment: of the process that planned.
        faults: how often the platform interrupted it; see `failures.MAX_ATTEMPTS`.
        not_before: after a fault, when to try again.
        log_tail: the runner's last lines.
    """

    submission = models.OneToOneField(Submission, models.PROTECT, related_name="run")
    plan = models.JSONField(default=dict)
    plan_sha256 = models.CharField(max_length=64, blank=True)
    pack = models.JSONField(default=dict)
    environment = models.JSONField(default=dict)
    faults = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    log_tail = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    answering_since = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"run of {self.submission_id}"


class Unit(Leased):
    """A range of one task's documents, the piece of a run that a worker claims.

    Attributes:
        answered: documents that its present holder has answered so far.
        answers_sha256: the recorded answers in the artefact store, once finished.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="units")
    task = models.CharField(max_length=200)
    first = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=choices(UnitState), default=UnitState.QUEUED)
    answered = models.PositiveIntegerField(default=0)
    answers_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=["run", "task", "first"], name="unit_range"),)
        indexes = (models.Index(fields=["run", "state"], name="unit_state"),)

    def __str__(self) -> str:
        return f"{self.task}[{self.first}:{self.first + self.count}]"
