"""A run's slot: the folder that its runner works in, the root of the bundle to be."""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from django.utils import timezone

from evaluations import store
from evaluations.enums import ModelSource
from evaluations.models import Run, Submission, Suite, Unit
from evaluations.redaction import public_text
from workers import bundle, datasets
from workers.fetch import fetch_model

_LOG_BYTES = 1 << 16


class Slot:
    """The folder of one run at one worker; everything in it can be made again.

    The runner may write below `out/` only; what it leaves there is not trusted (`workers.taking`).
    """

    def __init__(self, root: Path) -> None:
        """Make the folder, which does not exist yet.

        Raises:
            OSError: if the disk is full.
        """
        self.root = root
        self.log = root / "log.txt"
        root.mkdir(parents=True)

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

    def pieces(self, run: Run) -> int:
        """Return how often `fetch` yields at least, which is once a file."""
        suite = run.submission.suite
        datasets_pinned = suite.pins.get("datasets", [])
        model = [] if run.submission.rescores_id else run.submission.revision.files
        return sum(map(len, (suite.files, model, datasets_pinned, run.pack)))

    def fetch(self, run: Run) -> Iterator[None]:
        """Bring in config, tasks, datasets, the model and, once planned, the pack.

        Yields after each file, so that the worker can renew its lease.

        Raises:
            ArtefactMissingError: if the store lacks one of them, or it is corrupt.
            OSError: if the disk is full.
        """
        submission = run.submission
        suite = submission.suite
        for file in suite.files:
            store.save(file["sha256"], self.root / file["path"], size=file["size"])
            yield
        bundle.write_config(
            self.root,
            tasks=suite.tasks,
            model_args=_model_args(submission),
            chat_template=submission.chat_template,
            unsafe_code=bool(suite.pins.get("unsafe_code")),
        )
        # Answers that are scored again need no model, and it may be gone.
        if not submission.rescores_id:
            yield from fetch_model(submission.revision, self.root, self.say)
        yield from self._fetch_datasets(suite)
        yield from self.fetch_pack(run.pack)

    def fetch_pack(self, pack: Mapping[str, str]) -> Iterator[None]:
        """Bring in a pack: for each task the digest of its file in the store."""
        for task, digest in pack.items():
            store.save(digest, self.root / "pack" / f"{task}.jsonl")
            yield

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
            path = f"answers/{unit_file(unit)}"
            store.save(unit.answers_sha256, self.root / path)
            recorded.setdefault(unit.task, []).append(path)
        return recorded

    def remove(self) -> None:
        """Delete the slot; links in it are not followed."""
        shutil.rmtree(self.root, ignore_errors=True)


def _model_args(submission: Submission) -> dict[str, str]:
    """Return how stock lm-eval loads the model; our runner finds its files in `model/`."""
    revision = submission.revision
    if revision.model.source == ModelSource.HUB:
        named = {"pretrained": revision.model.name, "revision": revision.commit}
    else:
        named = {"pretrained": "model"}
    return {**named, "dtype": submission.precision}


def unit_file(unit: Unit) -> str:
    """Return the name of the file with a unit's answers."""
    return f"{unit.task}-{unit.first}.jsonl"
