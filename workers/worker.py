"""A worker: claims whatever there is to do, does it, and outlives its mistakes."""

import errno
import logging
import os
import shutil
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import OperationalError

from evaluations.enums import SubmissionState
from evaluations.errors import AssayError
from evaluations.failures import MAX_ATTEMPTS, FailureCode
from evaluations.models import Run, Unit
from evaluations.services import runs
from workers import claims, stages
from workers.runner.process import RunnerLostError

_log = logging.getLogger(__name__)
_STARTING = {SubmissionState.QUEUED, SubmissionState.FETCHING, SubmissionState.PLANNING}


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
        self.name = f"{socket.gethostname()}-{os.getpid()}"
        _remove_orphans()
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
                self._tidy()
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

    def _claim(self) -> bool:
        """Take the next piece of work, if there is any."""
        loaded = self._place.run_id if self._place else None
        row = claims.claim(self.name, loaded)
        if row is None:
            return False
        run = row.run if isinstance(row, Unit) else row
        if run.faults >= MAX_ATTEMPTS:
            detail = f"{MAX_ATTEMPTS} workers vanished while they held this run."
            self._fail(run, FailureCode.WORKER_LOST, detail)
            return True
        if self._place is None or self._place.run_id != run.pk:
            self._leave()
            self._place = stages.Workplace(run, self.name)
        if isinstance(row, Unit):
            stage = stages.answer(row, self._place, self.name)
        elif run.submission.state in _STARTING:
            stage = stages.start(run, self._place, self.name)
        else:
            stage = stages.score(run, self._place, self.name)
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
            if self._still_holds(assignment):
                self._fail(assignment.run, error.code, error.detail)
        except RunnerLostError as error:
            self._interrupt(assignment, FailureCode.WORKER_LOST, f"{error}.")
        except OperationalError:
            # The database is away or full; the lease will end, and another attempt will be made.
            self._drop()
            raise
        except Exception as error:  # noqa: BLE001  the job's boundary: every end is recorded
            if _is_disk_full(error):
                self._interrupt(assignment, FailureCode.DISK_FULL, str(error))
                return
            _log.exception("stage failed on %s", assignment.row)
            if self._still_holds(assignment):
                detail = f"{type(error).__name__}: {error}"
                self._fail(assignment.run, FailureCode.ENGINE_BUG, detail)

    def _still_holds(self, assignment: Assignment) -> bool:
        """Say whether the claim is still ours; a worker that lost it may not end another's run."""
        held = claims.renew(assignment.row)
        if not held:
            self._drop()
        return held

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

    def _fail(self, run: Run, code: str, detail: str) -> None:
        log = self._log_tail(run)
        runs.fail(run=run, by=self.name, code=code, detail=detail, log_tail=log)
        self._drop()

    def _interrupt(self, assignment: Assignment, code: FailureCode, detail: str) -> None:
        if not self._still_holds(assignment):
            return
        log = self._log_tail(assignment.run)
        claims.release(assignment.row)
        runs.interrupted(run=assignment.run, by=self.name, code=code, detail=detail, log_tail=log)
        self._drop()

    def _drop(self) -> None:
        """Forget the claim, and the runner with it: its state is not known any more."""
        if self._assignment is not None:
            self._assignment.stage.close()
            self._assignment = None
        self._leave()

    def _tidy(self) -> None:
        """With nothing to do, keep a loaded model only while its run goes on elsewhere."""
        if self._place is None:
            return
        run = Run.objects.select_related("submission").get(pk=self._place.run_id)
        if not run.submission.is_open:
            self._leave()

    def _leave(self) -> None:
        if self._place is not None:
            self._place.close()
            self._place = None


def _remove_orphans() -> None:
    """Delete the slots of this host's workers that were killed; nobody else would."""
    host = socket.gethostname()
    for folder in (settings.VAR / "work").glob(f"{host}-*"):
        pid = folder.name.removeprefix(f"{host}-")
        if pid.isdecimal() and not _is_alive(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's, so alive
    return True


def _is_disk_full(error: Exception) -> bool:
    # The object store reports its own errors as text only.
    return (
        isinstance(error, stages.DiskFullError)
        or (isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT})
        or "No space left on device" in str(error)
    )
