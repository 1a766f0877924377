"""A run's slot: the folder that its runner works in, the root of the bundle to be."""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from evaluations import store
from evaluations.enums import ModelSource
from evaluations.models import Revision, Run, Submission, Suite, Unit
from evaluations.redaction import public_text
from workers import bundle, datasets
from workers.fetch import fetch_model

_LOG_BYTES = 1 << 16


class Slot:
    """The folder of one run at one worker; everything in it can be made again."""

    def __init__(self, run: Run, worker: str) -> None:
        """Choose the place; `fetch` makes it."""
        self.root: Path = settings.VAR / "work" / worker / str(run.pk)
        self.log = self.root / "log.txt"

    def say(self, text: str) -> None:
        """Write a line to the run's log."""
        with self.log.open("a", encoding="utf-8") as file:
            file.write(f"{timezone.now():%H:%M:%S} {text}\n")

    def log_tail(self) -> str:
        """Return the log's end, without this machine's paths."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - _LOG_BYTES))
            text = file.read().decode(errors="replace")
        # PostgreSQL's text holds no NUL, and a library may print one.
        text = text.replace(str(self.root), ".").replace("\0", "")
        return public_text(text)

    def fetch(self, run: Run) -> Iterator[None]:
        """Make the slot anew: config, tasks, model and, once planned, the pack.

        Yields after each file, so that the worker can renew its lease.

        Raises:
            ArtefactMissingError: if the store lacks one of them, or it is corrupt.
            OSError: if the disk is full.
        """
        self.remove()
        (self.root / "answers").mkdir(parents=True)
        (self.root / "pack").mkdir()
        submission = run.submission
        suite = submission.board.suite
        for file in suite.files:
            store.save(file["sha256"], self.root / file["path"])
            yield
        yield from self._fetch_model(submission.revision)
        yield from self._fetch_datasets(suite)
        bundle.write_config(
            self.root,
            tasks=suite.tasks,
            model_args=_model_args(submission),
            chat_template=submission.chat_template,
        )
        for task, digest in run.pack.items():
            store.save(digest, self.root / "pack" / f"{task}.jsonl")
            yield

    def _fetch_model(self, revision: Revision) -> Iterator[None]:
        """Link the model in from the folder that this host's workers share."""
        yield from fetch_model(revision, self.root / "model", self.say)

    def _fetch_datasets(self, suite: Suite) -> Iterator[None]:
        """Let the runner find the suite's datasets offline, at their pinned commits."""
        for pinned in suite.pins.get("datasets", []):
            path, revision = pinned["path"], pinned["revision"]
            yield from datasets.fetch(path, revision)
            datasets.lay_out(self.root, path, revision)
            self.say(f"dataset {path} at {revision}")

    def fetch_answers(self, units: Iterable[Unit]) -> dict[str, list[str]]:
        """Bring in the recorded answers of a run's units and return their paths by task."""
        recorded: dict[str, list[str]] = {}
        for unit in units:
            path = answers_path(unit)
            store.save(unit.answers_sha256, self.root / path)
            recorded.setdefault(unit.task, []).append(path)
        return recorded

    def remove(self) -> None:
        """Delete the slot; of the model it holds a link only, which is not followed."""
        shutil.rmtree(self.root, ignore_errors=True)


def _model_args(submission: Submission) -> dict[str, str]:
    """Return how stock lm-eval loads the model; our runner finds its files in `model/`."""
    revision = submission.revision
    if revision.model.source == ModelSource.HUB:
        named = {"pretrained": revision.model.name, "revision": revision.commit}
    else:
        named = {"pretrained": "model"}
    return {**named, "dtype": submission.precision}


def answers_path(unit: Unit) -> str:
    """Return where a unit's answers lie, relative to the slot."""
    return f"answers/{unit.task}-{unit.first}.jsonl"
