"""A worker: claims whatever there is to do, does it, and outlives its mistakes."""

import errno
import fcntl
import logging
import os
import secrets
import shutil
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import OperationalError

from evaluations.enums import SubmissionState
from evaluations.errors import AssayError
from evaluations.failures import MAX_ATTEMPTS, FailureCode, failure
from evaluations.models import Run, Unit
from evaluations.services import runs
from workers import claims, stages
from workers.runner.process import RunnerLostError

_LOCK = "lock"
_log = logging.getLogger(__name__)
_STARTING = {SubmissionState.QUEUED, SubmissionState.FETCHING, SubmissionState.PLANNING}
_ENDING = {SubmissionState.SCORING, SubmissionState.PUBLISHING}


@dataclass(slots=True)
class Assignment:
    """A claim and the stage that is at work on it."""

    row: Run | Unit
    stage: stages.Stage
    renewed: float

    @property
    def run(self) -> Run:
        """The run that the claim belongs to."""
        return self.row.run if isinstance(self.row, Unit) else self.row


class Worker:
    """One process's hands: at most one claim and one runner at a time.

    A job calls `work` for a bounded time; what it has not finished waits in this object, runner
    and loaded model included, until the next job comes.
    """

    def __init__(self) -> None:
        """Take a name that no other process has."""
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        work = settings.VAR / "work"
        _remove_orphans(work)
        self._lock = _occupy(work / self.name)
        self._place: stages.Workplace | None = None
        self._assignment: Assignment | None = None

    def work(self, *, seconds: float, stopping: Callable[[], bool] = lambda: False) -> bool:
        """Work for so long, or until nothing is left to do.

        Returns:
            Whether there may be more to do.
        """
        end = time.monotonic() + seconds
        while not stopping():
            if self._assignment is None and not self._claim():
                self._leave()
                return False
            if self._assignment is not None:
                self._continue(self._assignment)
            if time.monotonic() > end:
                return True
        return True

    @property
    def is_busy(self) -> bool:
        """Whether it holds a claim, whose lease only it can renew."""
        return self._assignment is not None

    def close(self) -> None:
        """Give back what is claimed and end the runner."""
        if self._assignment is not None:
            claims.release(self._assignment.row)
            self._drop()
        self._leave()
        shutil.rmtree(settings.VAR / "work" / self.name, ignore_errors=True)
        os.close(self._lock)

    def _claim(self) -> bool:
        """Take the next piece of work, if there is any."""
        loaded = self._place.run_id if self._place else None
        row = claims.claim(self.name, loaded)
        if row is None:
            return False
        run = row.run if isinstance(row, Unit) else row
        if run.faults >= MAX_ATTEMPTS:
            detail = f"{MAX_ATTEMPTS} workers vanished while they held this run."
            log = self._log_tail(run)
            code = FailureCode.WORKER_LOST
            runs.fail(run=run, by=self.name, code=code, detail=detail, log_tail=log)
            return True
        if self._place is None or self._place.run_id != run.pk:
            self._leave()
            self._place = stages.Workplace(run, self.name)
        if isinstance(row, Unit):
            stage = stages.answer(row, self._place, self.name)
        elif run.submission.state in _STARTING:
            stage = stages.start(run, self._place, self.name)
        elif run.submission.state in _ENDING:
            stage = stages.score(run, self._place, self.name)
        else:
            claims.release(run)  # cancelled between the claim and here
            return True
        self._assignment = Assignment(row, stage, time.monotonic())
        return True

    def _continue(self, assignment: Assignment) -> None:
        """Let the present stage go on until it next waits, and turn its end into a record."""
        try:
            self._renew(assignment, next(assignment.stage))
        except StopIteration:
            self._report_log(assignment.run)
            self._assignment = None
        except runs.StaleLeaseError:
            _log.info("%s lost its claim on %s; the work is thrown away", self.name, assignment.row)
            self._drop()
        except AssayError as error:
            end = self._interrupt if failure(error.code).retried else self._fail
            end(assignment, error.code, error.detail)
        except RunnerLostError as error:
            self._interrupt(assignment, FailureCode.WORKER_LOST, f"{error}.")
        except OperationalError:
            # The database is away or full; the lease will end, and another attempt will be made.
            self._drop()
            raise
        except Exception as error:  # noqa: BLE001  the boundary of a job: every end is recorded
            # What the runner reports comes as an AssayError. All else is this worker's own trouble,
            # or its host's or the store's, and the next attempt may be luckier.
            _log.exception("stage interrupted on %s", assignment.row)
            self._interrupt(assignment, _fault(error), f"{type(error).__name__}: {error}")

    def _renew(self, assignment: Assignment, answered: int) -> None:
        if time.monotonic() - assignment.renewed < settings.ASSAY_HEARTBEAT_SECONDS:
            return
        if not claims.renew(assignment.row, answered=answered):
            raise runs.StaleLeaseError
        assignment.renewed = time.monotonic()
        self._report_log(assignment.run)

    def _report_log(self, run: Run) -> None:
        Run.objects.filter(pk=run.pk).update(log_tail=runs.last_lines(self._log_tail(run)))

    def _log_tail(self, run: Run) -> str:
        if self._place is None or self._place.run_id != run.pk:
            return run.log_tail
        return self._place.slot.log_tail()

    def _fail(self, assignment: Assignment, code: str, detail: str) -> None:
        self._end(runs.fail, assignment, code, detail)

    def _interrupt(self, assignment: Assignment, code: str, detail: str) -> None:
        if self._end(runs.interrupted, assignment, code, detail):
            claims.release(assignment.row)

    def _end(
        self, record: Callable[..., None], assignment: Assignment, code: str, detail: str
    ) -> bool:
        """Record how a stage ended, unless the claim was lost: nobody ends another's run."""
        log = self._log_tail(assignment.run)
        self._drop()
        try:
            record(
                run=assignment.run,
                by=self.name,
                code=code,
                detail=detail,
                log_tail=log,
                claim=assignment.row,
            )
        except runs.StaleLeaseError:
            _log.info("%s lost its claim on %s", self.name, assignment.row)
            return False
        return True

    def _drop(self) -> None:
        """Forget the claim, and the runner with it: its state is not known any more."""
        if self._assignment is not None:
            self._assignment.stage.close()
            self._assignment = None
        self._leave()

    def _leave(self) -> None:
        if self._place is not None:
            self._place.close()
            self._place = None


def _occupy(folder: Path) -> int:
    """Make a worker's folder and lock it until the descriptor is closed, or the process ends."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / _LOCK, os.O_WRONLY | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return lock


def _remove_orphans(work: Path) -> None:
    """Delete the folders of workers that were killed; nobody else would."""
    for folder in work.glob("*/"):
        try:
            with (folder / _LOCK).open("ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # its worker lives, or another has just removed it


def _fault(error: Exception) -> FailureCode:
    """Return what to call a fault that the runner didn't report."""
    full = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
    if full or isinstance(error, stages.DiskFullError):
        return FailureCode.DISK_FULL
    return FailureCode.WORKER_LOST if isinstance(error, OSError) else FailureCode.ENGINE_BUG
