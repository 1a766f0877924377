"""A run that was interrupted and waits for its next attempt."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from evaluations.enums import SubmissionState
from evaluations.failures import MAX_ATTEMPTS, Failure, Mender, failure
from evaluations.models import Run, Submission
from evaluations.queries.progress import Progress
from evaluations.queries.submissions import Interruption, interruptions


@dataclass(frozen=True, slots=True)
class Pause:
    """Why a run stands still, and until when.

    Attributes:
        why: None if that was not recorded.
        until: the next attempt is made no sooner; None if it only waits for a worker.
        seconds: until then.
        attempt, attempts: which one is next, and how many there are for faults of the site.
    """

    why: Interruption | None
    until: datetime | None
    seconds: int
    attempt: int
    attempts: int

    @property
    def meaning(self) -> Failure | None:
        """What the reason means to people."""
        return failure(self.why.code) if self.why else None

    @property
    def is_ours(self) -> bool:
        """Whether the model has no part in it; so it is unless the reason says otherwise."""
        return self.meaning is None or self.meaning.mender is not Mender.SUBMITTER


def pause(submission: Submission, progress: Progress) -> Pause | None:
    """Return why a run waits for its next attempt, or None if it does not.

    Args:
        submission: with its run and events.
        progress: its own.
    """
    run: Run | None = getattr(submission, "run", None)
    if run is None or not submission.is_open or run.not_before is None:
        return None
    now = timezone.now()
    due = run.not_before <= now
    if due and (not (run.faults or run.escalations) or _is_taken(submission, run, progress, now)):
        return None
    why = interruptions(submission)
    return Pause(
        why=why[-1] if why else None,
        until=None if due else run.not_before,
        seconds=0 if due else round((run.not_before - now).total_seconds()),
        attempt=min(run.faults + 1, MAX_ATTEMPTS),
        attempts=MAX_ATTEMPTS,
    )


def _is_taken(submission: Submission, run: Run, progress: Progress, now: datetime) -> bool:
    """Whether a worker has taken the run again."""
    if submission.state == SubmissionState.RUNNING:
        return bool(progress.workers)
    return run.lease_until is not None and run.lease_until > now
