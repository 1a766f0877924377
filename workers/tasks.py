"""Celery's entry points. A message says only that there may be work; the database says what."""

from functools import cache

from celery import shared_task
from celery.signals import worker_init, worker_ready, worker_shutdown
from celery.worker import state

from evaluations.services import bell, idempotency, workers
from evaluations.services.ranking import rank_changed
from evaluations.services.sequencer import sequence
from workers import claims
from workers.isolation import SandboxMissingError, isolation
from workers.worker import Worker

#: A job ends after so long, between two claims, and rings for its successor, so that sweeps are
#: heard; the runner and its loaded model wait meanwhile.
_JOB_SECONDS = 60


@cache
def _worker() -> Worker:
    return Worker(serves=True)


@shared_task(name="workers.work")
def work() -> None:
    """Help wherever there is work. Harmless when doubled: who comes second finds less to do."""
    worker = _worker()
    more = worker.work(seconds=_JOB_SECONDS, stopping=_is_stopping)
    # A claim is not put aside: another worker may hear the ring, and nobody would renew the lease.
    while worker.is_busy and not _is_stopping():
        more = worker.work(seconds=_JOB_SECONDS, stopping=_is_stopping)
    if more:
        bell.ring()


@shared_task(name="workers.sweep")
def sweep() -> None:
    """Ring again for work that nobody came for; leases that ended are among it."""
    claims.complete_runs("sweep")
    idempotency.prune()
    workers.prune()
    sequence()
    rank_changed()
    bell.ring(claims.waiting())


@worker_ready.connect
def _warm_up(**_: object) -> None:
    _worker().warm_up()


@worker_init.connect
def _insist(**_: object) -> None:
    """Refuse to start where the operator's wish for a sandbox can't be met."""
    try:
        isolation()
    except SandboxMissingError as error:
        # Celery logs other exceptions of a signal's receiver, and goes on.
        raise SystemExit(str(error)) from error


@worker_shutdown.connect
def _close(**_: object) -> None:
    if _worker.cache_info().currsize:
        _worker().close()


def _is_stopping() -> bool:
    return state.should_stop is not None or state.should_terminate is not None
