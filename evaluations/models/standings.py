"""What is computed about a board when something is published, so that nobody waits for it."""

from django.db import models

from evaluations.models.identifiers import new_public_id
from evaluations.models.results import Result
from evaluations.models.suites import Board


class BoardState(models.Model):
    """A board's present state; there is none until its first result.

    Attributes:
        version: another random word with every change of what the board shows.
        changed_at: when that was; the date that pages carry.
        ranked_version: the version that `places` were computed for.
        places: public id of a result → `[first, last, bracket]`: the range of ranks that holds for
            the whole board at once, and the rank of the row whose bracket it stands in.
    """

    board = models.OneToOneField(Board, models.CASCADE, related_name="state")
    version = models.CharField(max_length=10, default=new_public_id)
    changed_at = models.DateTimeField()
    ranked_version = models.CharField(max_length=10, blank=True)
    places = models.JSONField(default=dict)
    leader = models.ForeignKey(Result, models.SET_NULL, null=True, related_name="+")
    tied = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.board_id} {self.version}"
