"""Acts of moderation: what was questioned, answered, removed and restored, by whom and why."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from evaluations.enums import Act, DisputeState
from evaluations.models.identifiers import choices, new_public_id
from evaluations.models.log import LogEntry
from evaluations.models.results import Result


class ModerationAct(models.Model):
    """One act about a published result; rows are only ever added.

    Attributes:
        by: who acted. The account's name is shown on pages; the log has only the part they played.
        answers: the dispute that an answer ends, for answers only.
        outcome: what an answer came to, one of the states that end a dispute; empty otherwise.
        reason: in the words of who acted, which are public; the log has their SHA-256.
        entry: the act in the log.
    """

    public_id = models.CharField(max_length=10, unique=True, default=new_public_id, editable=False)
    act = models.CharField(max_length=8, choices=choices(Act))
    result = models.ForeignKey(Result, models.PROTECT, related_name="acts")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="acts")
    answers = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="answer"
    )
    outcome = models.CharField(max_length=9, choices=choices(DisputeState), blank=True)
    reason = models.TextField()
    entry = models.OneToOneField(LogEntry, models.PROTECT, related_name="act")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(
                condition=Q(act=Act.ANSWER, answers__isnull=False) & ~Q(outcome="")
                | ~Q(act=Act.ANSWER) & Q(answers=None, outcome=""),
                name="answers_and_nothing_else_have_an_outcome",
            ),
        )

    def __str__(self) -> str:
        return f"{self.act} {self.public_id}"

    @property
    def state(self) -> DisputeState:
        """Where a dispute stands."""
        answer = getattr(self, "answer", None)
        return DisputeState(answer.outcome) if answer else DisputeState.OPEN
