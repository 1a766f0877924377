"""A person's request to have a revision evaluated for a board, and what became of it."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from evaluations.enums import OPEN_STATES, STANDING_STATES, Precision, SubmissionState
from evaluations.models.identifiers import choices, new_public_id
from evaluations.models.language_models import Revision
from evaluations.models.suites import Board, Suite


class Submission(models.Model):
    """A request and its state; its page stays good for ever.

    Attributes:
        suite: the version of the board's suite that it is measured by; the board may move on to
            another one.
        requested_revision: the branch, tag or commit that was asked for, before it was resolved;
            empty if none was named.
        key: chosen by the form, so that a form posted twice is one submission.
        rescores: the submission whose recorded answers this one scores again, without a model.
        failure_code: a `FailureCode`; empty unless the state is failed or cancelled.
    """

    public_id = models.CharField(max_length=10, unique=True, default=new_public_id, editable=False)
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="submissions")
    requested_revision = models.CharField(max_length=250, blank=True)
    board = models.ForeignKey(Board, models.PROTECT, related_name="submissions")
    suite = models.ForeignKey(Suite, models.PROTECT, related_name="submissions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="submissions")
    precision = models.CharField(max_length=10, choices=choices(Precision))
    chat_template = models.BooleanField(default=False)
    intended_use = models.TextField(blank=True)
    key = models.CharField(max_length=64, default=new_public_id)
    rescores = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="rescored_by"
    )
    state = models.CharField(
        max_length=12, choices=choices(SubmissionState), default=SubmissionState.QUEUED
    )
    failure_code = models.CharField(max_length=40, blank=True)
    failure_detail = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("created_at", "pk")
        constraints = (
            models.UniqueConstraint(fields=["by", "key"], name="submission_key"),
            models.UniqueConstraint(
                fields=["revision", "board", "suite", "precision", "chat_template"],
                condition=Q(state__in=sorted(STANDING_STATES), rescores=None),
                name="one_standing_submission",
            ),
            models.UniqueConstraint(
                fields=["rescores"],
                condition=Q(state__in=sorted(OPEN_STATES)),
                name="one_open_rescoring",
            ),
        )
        indexes = (models.Index(fields=["state", "created_at"], name="submission_queue"),)

    def __str__(self) -> str:
        return self.public_id

    @property
    def is_open(self) -> bool:
        """Whether it waits or is at work."""
        return self.state in OPEN_STATES


class SubmissionEvent(models.Model):
    """One step of a submission's life: who did what, when. Rows are only ever added."""

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="events")
    at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=12, choices=choices(SubmissionState))
    actor = models.CharField(max_length=150)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.submission_id} {self.state}"
