"""A workplace: one slot with one runner, which serve one run and are gone after it."""

import time
from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings

from evaluations.errors import AssayError
from evaluations.failures import FailureCode
from evaluations.models import Run
from workers.isolation import NONE
from workers.runner.process import Runner, RunnerLostError
from workers.runner.protocol import Call
from workers.slot import Slot

_POLL_SECONDS = 0.5
#: How long a runner may take for its imports; a slow host is not the model's fault.
_BEGIN_SECONDS = 300.0
#: Steps in which a runner is silent for longer: reading weights, bootstrapped errors.
_PATIENCE = {"load": 4, "score": 4}


class Progress(NamedTuple):
    """How far a step has come, in its own pieces; 0 of 0 where none are counted."""

    done: int
    total: int


#: Yields at least once a second, so that leases are renewed and a stop is heard.
Stage = Generator[Progress, None, None]


class DiskFullError(Exception):
    """The runner ran out of disk."""


class Workplace:
    """A slot with its runner, started before anybody knows for which run.

    Importing torch, transformers and lm-eval takes seconds; a spare workplace has that behind it.
    It serves one run, so that nothing of one model reaches the next.

    Attributes:
        run_id: primary key of the run that it serves; None while it is a spare.
        escalations: how often that run's limits had been doubled when it was entered.
    """

    def __init__(self, folder: Path) -> None:
        """Make the slot and start the runner in it.

        Args:
            folder: the slot's, which does not exist yet.

        Raises:
            OSError: if the disk is full, or no process can be started.
        """
        self.run_id: int | None = None
        self.escalations = 0
        self.slot = Slot(folder)
        self._runner = Runner(self.slot.root, self.slot.log, threads=settings.ASSAY_THREADS or None)
        self._patience = 0.0

    @property
    def isolation(self) -> str:
        """What confines the runner: `bubblewrap`, or `none`."""
        return self._runner.isolation

    def is_usable(self) -> bool:
        """Whether the runner lives; a spare may have died of whatever its host suffers from."""
        return self._runner.is_alive()

    def serves(self, run: Run) -> bool:
        """Whether a run's next stage may be taken here, under the limits that it has by now."""
        return self.run_id is None or (self.run_id, self.escalations) == (run.pk, run.escalations)

    def enter(self, run: Run, *, memory: int, patience: float) -> Stage:
        """Serve a run from now on: fetch what it needs and limit the runner.

        Args:
            run: the run.
            memory: bytes that the runner may take.
            patience: seconds without a sign of life after which the runner counts as stalled.
        """
        if self.run_id == run.pk:
            return
        self.run_id, self.escalations = run.pk, run.escalations
        self._patience = patience
        self.slot.say(f"isolation: {self.isolation}; memory: at most {memory / 1e9:.1f} GB")
        total = self.slot.pieces(run)
        # While a new runner is busy with its imports.
        for done, _ in enumerate(self.slot.fetch(run)):
            yield Progress(min(done, total), total)
        confined = self.isolation != NONE
        unsafe_code = settings.ASSAY_UNSAFE_CODE and confined
        yield from self.do("begin", memory=memory, confined=confined, unsafe_code=unsafe_code)

    def do(self, name: Any, *, total: int = 0, **args: Any) -> Generator[Progress, None, Any]:
        """Have the runner take a step; yields its progress and returns its value.

        Args:
            name: of the step, a public method of `workers.runner.session.Session`.
            total: pieces that the step has, for the progress.
            args: the step's.

        Raises:
            AssayError: with the runner's code; `stalled` if it gives no sign of life.
            DiskFullError: if the runner's disk was full.
            RunnerLostError: if the process ended.
        """
        self._runner.call(Call(name, args))
        done, heard = 0, time.monotonic()
        while True:
            event = self._runner.poll(_POLL_SECONDS)
            if event is None:
                self._check_patience(name, heard)
            else:
                heard = time.monotonic()
                if event.kind == "done":
                    return event.value
                if event.kind == "failed":
                    if event.is_disk_full:
                        raise DiskFullError(event.detail)
                    raise AssayError(event.code, event.detail)
                if event.kind == "progress":
                    done = event.value
            yield Progress(done, total)

    def _check_patience(self, step: str, heard: float) -> None:
        silent = time.monotonic() - heard
        if step == "begin":
            if silent > _BEGIN_SECONDS:
                raise RunnerLostError(f"the runner did not begin within {silent:.0f} s")
            return
        patience = self._patience * _PATIENCE.get(step, 1)
        if patience and silent > patience:
            raise AssayError(
                FailureCode.STALLED, f"No sign of life for {silent:.0f} s in the step {step!r}."
            )

    def close(self) -> None:
        """End the runner and delete the slot."""
        self._runner.close()
        self.slot.remove()
