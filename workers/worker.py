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
from itertools import count
from pathlib import Path

from django.conf import settings
from django.db import OperationalError

from evaluations.enums import SubmissionState
from evaluations.errors import AssayError
from evaluations.failures import MAX_ATTEMPTS, FailureCode, failure
from evaluations.models import Run, Unit
from evaluations.needs import Needs
from evaluations.services import log, runs
from evaluations.services.sequencer import sequence
from workers import claims, stages
from workers.energy import Meter
from workers.isolation import isolation
from workers.logged import until_logged
from workers.offers import memory, offers
from workers.presence import Presence
from workers.runner.process import RunnerLostError
from workers.workplace import DiskFullError, Progress, Stage, Workplace

_LOCK = "lock"
_HOUR = 3600.0
_log = logging.getLogger(__name__)
_STARTING = {
    SubmissionState.QUEUED,
    SubmissionState.FETCHING,
    SubmissionState.PLANNING,
    SubmissionState.SMOKE,
}
_ENDING = {SubmissionState.SCORING, SubmissionState.PUBLISHING}


@dataclass(slots=True)
class Assignment:
    """A claim, the stage that is at work on it, and when its lease was renewed."""

    row: Run | Unit
    stage: Stage
    renewed: float

    @property
    def run(self) -> Run:
        """The run that the claim belongs to."""
        return self.row.run if isinstance(self.row, Unit) else self.row


@dataclass(slots=True)
class Tab:
    """What was spent on a run and isn't recorded yet: the time since."""

    run: Run
    since: float


class Worker:
    """One process's hands: at most one claim and one workplace at work, and one spare.

    A job calls `work` for a bounded time; what it has not finished waits in this object, runner
    and loaded model included, until the next job comes.
    """

    def __init__(self, *, serves: bool = False) -> None:
        """Take a name that no other process has.

        Args:
            serves: whether it does so for long: then it says that it lives, and has a spare
                workplace at hand while there is nothing to do and while a run is scored.
        """
        self._serves = serves
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        work = settings.VAR / "work"
        _remove_orphans(work)
        self._folder = work / self.name
        self._lock = _occupy(self._folder)
        self._places = count(1)
        self._place: Workplace | None = None
        self._spare: Workplace | None = None
        self._assignment: Assignment | None = None
        self._tab: Tab | None = None
        self._unreleased: Run | Unit | None = None
        self._isolation = isolation()
        self._presence = Presence(self.name, self._isolation) if serves else None
        self._meter = Meter()

    def work(self, *, seconds: float, stopping: Callable[[], bool] = lambda: False) -> bool:
        """Work for so long, or until nothing is left to do.

        Returns:
            Whether there may be more to do.
        """
        end = time.monotonic() + seconds
        self._release()
        while not stopping():
            if self._assignment is None and not self._claim():
                self._leave()
                self.warm_up()
                # Ends of runs, withdrawals, new versions: what no run waits for.
                sequence()
                return False
            if self._assignment is not None:
                self._continue(self._assignment)
            if time.monotonic() > end:
                return True
        return True

    def _release(self) -> None:
        """Give back what was held when the database went away, or others wait for the lease."""
        if self._unreleased is not None:
            claims.release(self._unreleased)
            self._unreleased = None

    def warm_up(self) -> None:
        """Have a spare workplace at hand, whose runner has the slow imports behind it."""
        self._check_spare()
        if self._serves and self._spare is None:
            try:
                self._spare = self._new_place()
            except OSError as error:
                _log.warning("no spare runner can be started: %s", error)
            # While the spare is busy with its own imports.
            self._meter.prepare()

    @property
    def is_busy(self) -> bool:
        """Whether it holds a claim, whose lease only it can renew."""
        return self._assignment is not None

    def close(self) -> None:
        """Give back what is claimed and end the runners."""
        if self._assignment is not None:
            claims.release(self._assignment.row)
            self._drop()
        self._leave()
        self._discard_spare()
        if self._presence is not None:
            self._presence.end()
        shutil.rmtree(self._folder, ignore_errors=True)
        os.close(self._lock)

    def _new_place(self) -> Workplace:
        return Workplace(self._folder / str(next(self._places)))

    def _check_spare(self) -> None:
        if self._spare is not None and not self._spare.is_usable():
            self._discard_spare()

    def _discard_spare(self) -> None:
        if self._spare is not None:
            self._spare.close()
            self._spare = None

    def _claim(self) -> bool:
        """Take the next piece of work, if there is any."""
        loaded = self._place.run_id if self._place else None
        row = claims.claim(self.name, offers(self._isolation), loaded=loaded)
        run = row.run if isinstance(row, Unit) else row
        if self._presence is not None:
            self._presence.run = run
        if row is None or run is None:
            return False
        if row.faults >= MAX_ATTEMPTS:
            detail = f"{MAX_ATTEMPTS} workers vanished while they held {row}."
            log = self._log_tail(run)
            code = FailureCode.LEASE_LOST
            runs.fail(run=run, by=self.name, code=code, detail=detail, log_tail=log)
        elif run.submission.state in _STARTING | _ENDING | {SubmissionState.RUNNING}:
            self._assignment = Assignment(row, self._stage(row, run), time.monotonic())
        else:
            claims.release(row)  # cancelled between the claim and here
        return True

    def _stage(self, row: Run | Unit, run: Run) -> Stage:
        """Enter the run's workplace, which is made for it if need be, and take the stage."""
        state = run.submission.state
        if state == SubmissionState.QUEUED:
            # Before anything runs, so that a choice among several runs would show.
            yield from until_logged(log.intent(run.submission))
            stages.fetch(run, self.name)
        place = self._enter(run)
        runs.confined(run=run, by=place.isolation)
        needs = Needs.read(run.needs)
        patience = settings.ASSAY_STALL_SECONDS * 2**run.escalations
        yield from place.enter(run, memory=needs.limit(memory()), patience=patience)
        if isinstance(row, Unit):
            yield from stages.answer(row, place, self.name)
        elif state in _STARTING:
            yield from stages.start(run, place, self.name, energy=self._meter.method)
        else:
            # What comes next finds a runner that has its imports behind it.
            self.warm_up()
            yield from stages.score(run, place, self.name)

    def _enter(self, run: Run) -> Workplace:
        if self._place is None or not self._place.serves(run):
            self._leave()
            self._check_spare()
            self._place, self._spare = self._spare or self._new_place(), None
            self._tab = Tab(run, time.monotonic())
            self._meter.start()
        return self._place

    def _continue(self, assignment: Assignment) -> None:
        """Let the present stage go on until it next waits, and turn its end into a record."""
        try:
            self._renew(assignment, next(assignment.stage))
        except StopIteration:
            # A run of many small units is not written at the end of each.
            if isinstance(assignment.row, Run):
                self._count(assignment)
            self._assignment = None
        except runs.StaleLeaseError:
            _log.info("%s lost its claim on %s; the work is thrown away", self.name, assignment.row)
            self._drop()
        except AssayError as error:
            end = self._interrupt if failure(error.code).retried else self._fail
            end(assignment, error.code, error.detail)
        except RunnerLostError as error:
            starved = error.out_of_memory
            code = FailureCode.OUT_OF_MEMORY if starved else FailureCode.WORKER_LOST
            self._interrupt(assignment, code, f"{error}.")
        except OperationalError:
            # The database is away or full; when it is back, another attempt is made.
            self._unreleased = assignment.row
            self._drop()
            raise
        except Exception as error:  # noqa: BLE001  the boundary of a job: every end is recorded
            # What the runner reports comes as an AssayError. All else is this worker's own trouble,
            # or its host's or the store's, and the next attempt may be luckier.
            _log.exception("stage interrupted on %s", assignment.row)
            self._interrupt(assignment, _fault(error), f"{type(error).__name__}: {error}")

    def _renew(self, assignment: Assignment, progress: Progress) -> None:
        if time.monotonic() - assignment.renewed < settings.ASSAY_HEARTBEAT_SECONDS:
            return
        if not claims.renew(assignment.row, done=progress.done, total=progress.total):
            raise runs.StaleLeaseError
        assignment.renewed = time.monotonic()
        self._count(assignment)
        self._check_time(assignment.run)

    def _count(self, held: Assignment | None = None) -> None:
        """Record what was spent on the present run; and its log's end, where its claim is held."""
        if self._tab is None:
            return
        run, now = self._tab.run, time.monotonic()
        spent, self._tab.since = now - self._tab.since, now
        log = self._log_tail(run) if held else None
        runs.spend(run=run, seconds=spent, joules=self._meter.lap(), log_tail=log)

    def _check_time(self, run: Run) -> None:
        # The run as it was claimed must go on saying which limits this attempt has.
        now = Run.objects.only("busy_seconds", "escalations").get(pk=run.pk)
        limit = settings.ASSAY_TIME_LIMIT_HOURS * _HOUR * 2**now.escalations
        if now.busy_seconds > limit and run.submission.state not in _ENDING:
            raise AssayError(
                FailureCode.TIME_LIMIT,
                f"It has had {now.busy_seconds / _HOUR:.1f} hours of workers.",
            )

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
        try:
            self._count()
        except OperationalError:
            _log.warning("the database is away; some seconds of a run are not counted")
        self._tab = None
        self._meter.stop()
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
    if full or isinstance(error, DiskFullError):
        return FailureCode.DISK_FULL
    return FailureCode.WORKER_LOST if isinstance(error, OSError) else FailureCode.ENGINE_BUG
