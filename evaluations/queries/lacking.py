"""What a run needs that no living worker has."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from evaluations.enums import SubmissionState
from evaluations.models import Run, Submission, WorkerProcess
from evaluations.needs import Needs, Offers
from evaluations.queries.progress import Progress


@dataclass(frozen=True, slots=True)
class Short:
    """Bytes that are needed, and the most that any worker has."""

    needed: int
    here: int


@dataclass(frozen=True, slots=True)
class Lack:
    """Why no living worker can take a run.

    Attributes:
        nobody: no worker lives; then nothing else is said.
        memory, disk: None where they suffice.
        tags: as in `Needs`.
        together: each of these is there, but no one worker has them all.
    """

    nobody: bool = False
    memory: Short | None = None
    disk: Short | None = None
    tags: tuple[str, ...] = ()
    together: bool = False


def lack(submission: Submission, progress: Progress, crew: Sequence[WorkerProcess]) -> Lack | None:
    """Return why a submission can't go on with the workers that live, or None if it can.

    Args:
        submission: with its run.
        progress: its own.
        crew: all workers that live.
    """
    run: Run | None = getattr(submission, "run", None)
    if run is None or not submission.is_open or _is_held(submission, run, progress, crew):
        return None
    return lack_of(Needs.read(run.needs), [Offers.read(worker.offers) for worker in crew])


def _is_held(
    submission: Submission, run: Run, progress: Progress, crew: Sequence[WorkerProcess]
) -> bool:
    """Whether somebody works on a run; what they have of disk shrinks with what they fetch."""
    if submission.state == SubmissionState.RUNNING and progress.workers:
        return True
    leased = run.lease_until is not None and run.lease_until > timezone.now()
    return leased or any(worker.run_id == run.pk for worker in crew)


def lack_of(needs: Needs, crew: Sequence[Offers]) -> Lack | None:
    """Return what none of the crew has, or None if one of them will do."""
    if not crew:
        return Lack(nobody=True)
    if any(not offers.lacks(needs) for offers in crew):
        return None
    found = Lack(
        memory=_short(needs.memory, max(offers.memory for offers in crew)),
        disk=_short(needs.disk, max(offers.disk for offers in crew)),
        tags=tuple(sorted(set(needs.tags).difference(*(offers.tags for offers in crew)))),
    )
    return found if found != Lack() else _apart(needs, crew)


def _short(needed: int, here: int) -> Short | None:
    return Short(needed, here) if needed > here else None


def _apart(needs: Needs, crew: Sequence[Offers]) -> Lack:
    """Return what some of the crew lack, where all of it is there with another."""
    return Lack(
        memory=_short(needs.memory, min(offers.memory for offers in crew)),
        disk=_short(needs.disk, min(offers.disk for offers in crew)),
        tags=tuple(sorted(t for t in needs.tags if any(t not in o.tags for o in crew))),
        together=True,
    )
