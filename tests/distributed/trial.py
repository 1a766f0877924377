"""A tiny Celery application with which to try a broker and a worker, without Django.

The broker and the folder for what happened come by the environment. Run as a program,
it rings so many times.
"""

import os
import sys
import time
from pathlib import Path

from celery import Celery
from celery.worker import state
from kombu.transport import TRANSPORT_ALIASES

TRANSPORT_ALIASES["doorbell"] = "leaderboard.doorbell:Transport"
FOLDER = Path(os.environ["TRIAL_FOLDER"])

app = Celery("trial", broker=os.environ["TRIAL_BROKER"])
app.conf.update(
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    worker_enable_remote_control=False,
    broker_connection_retry_on_startup=True,
    beat_schedule={"beat": {"task": "trial.note", "schedule": 1, "args": ["beat"]}},
    beat_schedule_filename=str(FOLDER / "beat-schedule"),
)
if os.environ["TRIAL_BROKER"].startswith("doorbell:"):
    app.conf.broker_transport_options = {"folder": str(FOLDER / "doorbell")}


@app.task(name="trial.note")
def note(ring: str) -> None:
    """Write down that a ring was heard, in a file of this worker's own."""
    with (FOLDER / f"heard-{os.getpid()}").open("a") as file:
        file.write(ring + "\n")


@app.task(name="trial.work")
def work(seconds: float) -> None:
    """Be busy, as a job is that looks now and then whether the worker should stop."""
    (FOLDER / "busy").touch()
    end = time.monotonic() + seconds
    while time.monotonic() < end and state.should_stop is None:
        time.sleep(0.05)
    (FOLDER / "worked").write_text(repr(state.should_stop))


if __name__ == "__main__":
    name, rings = sys.argv[1], int(sys.argv[2])
    for number in range(rings):
        app.send_task("trial.note", [f"{name}-{number}"])
