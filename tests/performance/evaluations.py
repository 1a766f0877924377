"""Submitting the demo's models to a site and seeing when they are published."""

import hashlib
import io
import tarfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tests.performance.sites import wait
from tests.servers import ROOT, Site

if TYPE_CHECKING:
    import subprocess

MATERIAL = ROOT / "evaluations" / "demo"
_BOARD = "bench"


@dataclass(frozen=True)
class Evaluation:
    """A published submission.

    Attributes:
        seconds: from before it was submitted until it was seen to be published.
        stages: when each state began, by the site's clock.
    """

    seconds: float
    stages: dict[str, datetime]
    bundle: bytes

    def between(self, first: str, last: str) -> float:
        """Return the seconds from one state's beginning to another's."""
        return (self.stages[last] - self.stages[first]).total_seconds()


def prepare() -> None:
    """Load the demo's suite and open a board over it."""
    from django.core.management import call_command

    from evaluations.services.suites import load_suite, open_board

    suite, _ = load_suite(path=MATERIAL / "suite.yaml")
    call_command("publish_suite", suite.name, stdout=io.StringIO())
    open_board(slug=_BOARD, suite=suite)


def evaluate(site: Site, model: str, name: str, process: "subprocess.Popen[bytes]") -> Evaluation:
    """Register one of the demo's models under a new name, submit it, and wait for its result.

    Args:
        site: whose worker is up.
        model: a folder's name.
        name: the new one; a model is evaluated once on a board.
        process: the worker, or one of them.
    """
    from django.contrib.auth.models import User

    from evaluations import store
    from evaluations.models import Result, Submission
    from evaluations.services.models import register_local
    from evaluations.services.submissions import submit

    user, _ = User.objects.get_or_create(username="ana")
    register_local(name=name, folder=MATERIAL / "models" / model)
    log = site.var / "worker-1.log"
    began = time.monotonic()
    submission, _ = submit(by=user, model=f"local:{name}", board=_BOARD)

    def ended() -> bool:
        state = Submission.objects.values_list("state", flat=True).get(pk=submission.pk)
        if state in {"failed", "cancelled"}:
            submission.refresh_from_db()
            raise RuntimeError(f"{state}: {submission.failure_detail}")
        return state == "published"

    seconds = wait(ended, process, log) - began
    stages = dict(submission.events.values_list("state", "at"))
    bundle = Result.objects.get(submission=submission).bundle_sha256
    return Evaluation(seconds, stages, store.get_bytes(bundle))


def unpack(bundle: bytes, model: str, folder: Path) -> Path:
    """Lay a bundle and its model out as a stranger does; returns the root for `lm_eval run`."""
    with tarfile.open(fileobj=io.BytesIO(bundle)) as archive:
        archive.extractall(folder, filter="data")
    (folder / "model").symlink_to(MATERIAL / "models" / model)
    return folder


def samples(bundle: bytes) -> bytes:
    """Return one digest of all samples files and results of a bundle."""
    digest = hashlib.sha256()
    with tarfile.open(fileobj=io.BytesIO(bundle)) as archive:
        for member in sorted(archive.getmembers(), key=lambda member: member.name):
            file = archive.extractfile(member) if member.name.startswith("results/") else None
            if file is not None:
                digest.update(member.name.encode() + b"\0" + file.read())
    return digest.digest()
