"""A campaign against a site at work: faults of every kind, in an order that a seed decides."""

import random
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from celery import Celery
from redis import Redis

from tests.distributed.copies import Copy, until
from tests.distributed.ledger import Claim
from tests.distributed.processes import Disk, Fleet, signal_to
from tests.servers import Server

#: No wait is longer; the longest lawful one is a lease, a pause after a fault, and a model's load.
STUCK_SECONDS = 120.0


@dataclass
class Storm:
    """What faults act on.

    Attributes:
        disk: holds the artefact store; None where the system grants none.
        away: seconds for which the scheduler goes away.
        chance: decides everything that is left to chance.
    """

    copy: Copy
    fleet: Fleet
    database: Server
    broker: Server
    disk: Disk | None
    away: float
    chance: random.Random
    waves: Iterator[str]
    began: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        """Write into the journal what happens now; pytest shows it where a test fails."""
        sys.stderr.write(f"{time.monotonic() - self.began:7.1f} s  {text}\n")

    def feed(self, least: int = 1) -> None:
        """Submit the next board's models if fewer runs than `least` are open."""
        progress = self.copy.ledger.progress()
        if sum(state != "published" for state, _ in progress.values()) < least:
            self.copy.submit(next(self.waves))

    def claims(self) -> list[Claim]:
        """Return what workers that live hold just now."""
        return [each for each in self.copy.ledger.claims() if each.pid in self.fleet.workers]

    def a_claim(self, kinds: Sequence[str] = ("unit", "run")) -> Claim:
        """Return any claim, once there is one."""
        found: list[Claim] = []

        def look() -> bool:
            self.feed()
            found[:] = [each for each in self.claims() if each.kind in kinds]
            return bool(found)

        until(look, STUCK_SECONDS)
        return self.chance.choice(found)


#: Does harm, and returns the claims that it interrupted.
Fault = Callable[[Storm], list[Claim]]


def kill_worker(storm: Storm) -> list[Claim]:
    """Kill a worker that holds a claim; its runner ends with it, and a successor starts."""
    claim = storm.a_claim()
    name = storm.fleet.workers[claim.pid]
    storm.fleet.kill(name)
    storm.say(f"killed {name}, which held {claim}")
    storm.fleet.start(name)
    return [claim]


def kill_runner(storm: Storm) -> list[Claim]:
    """Kill a runner of a worker that holds a claim."""
    found: list[tuple[Claim, int]] = []

    def look() -> bool:
        storm.feed()
        found[:] = [(c, pid) for c in storm.claims() for pid in storm.fleet.runners(c.pid)]
        return bool(found)

    until(look, STUCK_SECONDS)
    claim, runner = storm.chance.choice(found)
    signal_to(runner, signal.SIGKILL)
    storm.say(f"killed a runner of {storm.fleet.workers[claim.pid]}, which held {claim}")
    return [claim]


def stop_worker(storm: Storm) -> list[Claim]:
    """Stop a worker until others hold its claim, then let it go on: it must lose by its token."""
    while (claim := _stopped(storm)) is None:
        pass
    name, ledger = storm.fleet.workers[claim.pid], storm.copy.ledger
    log = storm.fleet.log(name)
    storm.say(f"stopped {name}, which held {claim} by token {claim.token}")
    try:
        until(lambda: ledger.token(claim) > claim.token, STUCK_SECONDS)
    finally:
        said = len(log.read_bytes())
        signal_to(claim.pid, signal.SIGCONT)
    storm.say(f"let {name} go on; the token is {ledger.token(claim)}")
    until(lambda: b"lost its claim" in log.read_bytes()[said:] or ledger.trespasses(), 30)
    trespasses = ledger.trespasses()
    assert not trespasses, trespasses
    storm.say(f"{name} gave up its claim")
    return [claim]


def _stopped(storm: Storm) -> Claim | None:
    """Stop a worker; None, and it goes on, if it had just lost its claim or was just writing."""
    claim = storm.a_claim(("unit",) if storm.chance.random() < 0.8 else ("unit", "run"))
    signal_to(claim.pid, signal.SIGSTOP)
    busy = storm.copy.ledger.rows(
        "SELECT 1 FROM pg_stat_activity WHERE application_name = %s AND state <> 'idle'",
        str(claim.pid),
    )
    if claim in storm.claims() and not busy:
        return claim
    signal_to(claim.pid, signal.SIGCONT)
    return None


def restart_broker(storm: Storm) -> list[Claim]:
    """Empty Redis, kill it, and start it again a moment later."""
    with Redis.from_url(storm.broker.url) as redis:
        redis.flushall()
    storm.broker.end(signal.SIGKILL)
    pause = storm.chance.uniform(0.5, 3)
    time.sleep(pause)
    storm.broker.start()
    storm.say(f"flushed and killed Redis, which was away for {pause:.1f} s")
    return []


def restart_database(storm: Storm) -> list[Claim]:
    """End PostgreSQL as a crash would, and start it again a moment later."""
    held = storm.claims()
    storm.database.end()
    pause = storm.chance.uniform(0.5, 3)
    time.sleep(pause)
    storm.database.start()
    storm.say(f"crashed PostgreSQL, which was away for {pause:.1f} s, under {_list(held)}")
    return held


def fill_disk(storm: Storm) -> list[Claim]:
    """Fill the artefact store's disk until a worker has met it, then make room."""
    assert storm.disk is not None
    disk = storm.disk
    held: dict[tuple[str, int], Claim] = {}
    logs = [storm.fleet.log(name) for name in storm.fleet.names]
    said = {log: len(log.read_bytes()) for log in logs}

    def met() -> bool:
        disk.fill()  # again, because who failed to write has taken away what was written
        held.update({(claim.kind, claim.id): claim for claim in storm.claims()})
        return any(b"No space left" in log.read_bytes()[said[log] :] for log in logs)

    try:
        until(met, STUCK_SECONDS)
    finally:
        disk.clear()
    storm.say(f"filled the store's disk under {_list(held.values())}")
    return list(held.values())


def lose_scheduler(storm: Storm) -> list[Claim]:
    """Kill the scheduler, and start it again much later."""
    storm.fleet.kill("beat")
    time.sleep(storm.away)
    storm.fleet.start("beat")
    storm.say(f"killed the scheduler, which was away for {storm.away:g} s")
    return []


def deliver_five_times(storm: Storm) -> list[Claim]:
    """Deliver one job five times."""
    job = f"chaos-{storm.chance.randrange(1 << 32):08x}"
    with Celery(broker=storm.broker.url, set_as_current=False) as celery:
        for _ in range(5):
            celery.send_task("workers.work", task_id=job, ignore_result=True)
    storm.say(f"delivered the job {job} five times")
    return []


#: They interrupt no work, and so need no pause before or after them.
GENTLE: dict[str, Fault] = {
    fault.__name__: fault for fault in (restart_broker, lose_scheduler, deliver_five_times)
}
FAULTS: dict[str, Fault] = GENTLE | {
    fault.__name__: fault
    for fault in (kill_worker, kill_runner, stop_worker, restart_database, fill_disk)
}


def order(chance: random.Random, count: int, kinds: Sequence[str]) -> list[str]:
    """Return so many kinds of faults in random order, each about as often as any other."""
    chosen: list[str] = []
    while len(chosen) < count:
        chosen += chance.sample(kinds, len(kinds))
    return chosen[:count]


def campaign(storm: Storm, faults: Sequence[str]) -> None:
    """Disturb a site that always has something to do, and wait until it has done it all.

    A run that is interrupted three times without any progress fails, as it should. So each fault
    waits until what the last one interrupted has been done after all; if that takes too long, it
    is stuck.

    Raises:
        AssertionError: if a run fails.
        TimeoutError: if one is stuck.
    """
    interrupted: list[Claim] = []
    for number, name in enumerate(faults, 1):
        if name not in GENTLE:
            _settle(storm, interrupted)
        storm.feed((len(storm.copy.models) + 1) // 2)
        storm.say(f"{number}/{len(faults)} {name}")
        interrupted += FAULTS[name](storm)
        _replace_ended(storm)
    _settle(storm, interrupted)
    storm.say("no more faults")
    until(storm.copy.is_done, STUCK_SECONDS * (1 + len(_open(storm))))
    storm.say("everything is published")


def _settle(storm: Storm, interrupted: list[Claim]) -> None:
    """Wait until all that was interrupted is done."""
    ledger = storm.copy.ledger

    def done() -> bool:
        ledger.progress()
        return all(ledger.is_done(claim) for claim in interrupted)

    until(done, STUCK_SECONDS)
    interrupted.clear()


def _open(storm: Storm) -> list[int]:
    progress = storm.copy.ledger.progress()
    return [run for run, (state, _) in progress.items() if state != "published"]


def _replace_ended(storm: Storm) -> None:
    """Start what ended by itself again, as a service manager does."""
    for name in storm.fleet.ended():
        storm.say(f"{name} had ended by itself")
        storm.fleet.start(name)


def _list(claims: Iterable[Claim]) -> str:
    return ", ".join(map(str, claims)) or "nobody's work"
