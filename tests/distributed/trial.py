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

from leaderboard.broker import settings_for

FOLDER = Path(os.environ["TRIAL_FOLDER"])

app = Celery("trial", broker=os.environ["TRIAL_BROKER"])
app.conf.update(
    **settings_for(os.environ["TRIAL_BROKER"], doorbell=FOLDER / "doorbell"),
    beat_schedule={"beat": {"task": "trial.note", "schedule": 1, "args": ["beat"]}},
    beat_schedule_filename=str(FOLDER / "beat-schedule"),
)


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
