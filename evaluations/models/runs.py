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
        faults: how often the platform interrupted just this; see `failures.MAX_ATTEMPTS`. One
            outage interrupts every unit that is at work, and must not use up a run's attempts. Of
            a run whose units are at work, the most that one of them has seen.
    """

    worker = models.CharField(max_length=120, blank=True)
    token = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    faults = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True


class Run(Leased):
    """One execution of a submission with everything pinned.

    Attributes:
        plan: the contents of `run/plan.json`, empty until planned.
        pack: for each task the SHA-256 of its file in the artefact store.
        environment: of the process that planned.
        not_before: after a fault, when to try again.
        log_tail: the runner's last lines.
        prompts_sha256: digest of all that the pack depends on; runs with the same one share a pack.
        needs: what a worker must have, as `evaluations.needs.Needs` reads it.
        escalations: how often memory or time were doubled after they had not sufficed.
        fanned_out: whether its leading unit is answered, and so all others are open to claims.
        step_done, step_total: how far the present stage has come, in its own pieces; 0 of 0 where
            nothing is counted.
        busy_seconds: of workers, over all stages and attempts.
        energy_joules: likewise, as measured or estimated; None where no worker measures.
        announcement: what a result's statement says of its moment, fixed before anything is signed;
            see `services.results.Announcement`. Empty before.
        isolation: `bubblewrap`, or `none` as soon as one of its runners had none; empty before.
    """

    submission = models.OneToOneField(Submission, models.PROTECT, related_name="run")
    plan = models.JSONField(default=dict)
    plan_sha256 = models.CharField(max_length=64, blank=True)
    pack = models.JSONField(default=dict)
    prompts_sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    environment = models.JSONField(default=dict)
    not_before = models.DateTimeField(null=True, blank=True)
    log_tail = models.TextField(blank=True)
    needs = models.JSONField(default=dict)
    escalations = models.PositiveSmallIntegerField(default=0)
    fanned_out = models.BooleanField(default=False)
    step_done = models.PositiveIntegerField(default=0)
    step_total = models.PositiveIntegerField(default=0)
    busy_seconds = models.FloatField(default=0.0)
    energy_joules = models.FloatField(null=True, blank=True)
    announcement = models.JSONField(default=dict)
    isolation = models.CharField(max_length=20, blank=True)
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
        recorded, recorded_sha256: before that, documents whose answers lie in the store already,
            and where; a successor goes on after them.
        leads: whether it is answered before any other of its run may be claimed.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="units")
    task = models.CharField(max_length=200)
    first = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=choices(UnitState), default=UnitState.QUEUED)
    answered = models.PositiveIntegerField(default=0)
    answers_sha256 = models.CharField(max_length=64, blank=True)
    recorded = models.PositiveIntegerField(default=0)
    recorded_sha256 = models.CharField(max_length=64, blank=True)
    leads = models.BooleanField(default=False)

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=["run", "task", "first"], name="unit_range"),)
        # In the order of claims, so that the next free unit is found without reading the others.
        indexes = (models.Index(fields=["run", "state", "id"], name="unit_claims"),)

    def __str__(self) -> str:
        return f"{self.task}[{self.first}:{self.first + self.count}]"


class WorkerProcess(models.Model):
    """A worker as the site last heard of it; nothing is claimed by or through this row.

    Attributes:
        offers: what it has, as `evaluations.needs.Offers` reads it.
        run: what it holds a claim of just now.
    """

    name = models.CharField(max_length=120, unique=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)
    offers = models.JSONField(default=dict)
    run = models.ForeignKey(Run, models.SET_NULL, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return self.name
