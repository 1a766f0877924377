"""Running a bundle again: a slot is laid out here, and a process of its own does the rest.

This process imports neither torch nor lm-eval, and the one that runs a stranger's model never sees
the person's key or token.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import zstandard

from evaluations.errors import AssayError
from evaluations.provenance.canonical import jcs, parse_strict
from evaluations.provenance.documents import plan_from
from evaluations.provenance.members import Limits
from evaluations.provenance.replication.audit import Audit
from evaluations.provenance.replication.model_files import copy_model, unpack_model
from evaluations.provenance.tarball import tar_members
from evaluations.provenance.unpack import Bundle
from leaderboard.cli.download import download
from leaderboard.cli.exits import IncompleteError, RefusedError
from leaderboard.cli.pins import pins
from leaderboard.cli.sources import Found
from leaderboard.cli.terminal import say

#: Where this program's own packages lie.
_ROOT = Path(__file__).resolve().parents[2]
_NEEDED = ("torch", "lm_eval", "django")
#: What of a bundle a run needs; its answers are not among it.
_TAKEN = ("run/", "task/", "results/results.json")
#: Of the person's own environment, nothing that may be a secret goes on.
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "ASSAY_SANDBOX", "NLTK_DATA", "HF_HOME")
_KEPT_PREFIXES = ("HF_", "SSL_", "HTTP_", "HTTPS_", "NO_PROXY", "http_", "https_", "no_proxy")
_REFUSALS = {"model_differs", "config_unexpected", "unsafe_code_not_allowed"}


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a person wants a bundle to be run again."""

    model: Path | None
    audit: Audit | None
    unsafe_code: bool


def check_installed() -> None:
    """See that a run is possible here.

    Raises:
        IncompleteError: `worker_missing`.
    """
    if any(find_spec(name) is None for name in _NEEDED):
        raise IncompleteError(
            "worker_missing",
            "Running a model needs torch and lm-eval, which are not installed.",
            'pip install "assay[worker]"',
        )


def rerun(found: Found, bundle: Bundle, wishes: Wishes, folder: Path) -> Path:
    """Run a verified bundle again.

    Args:
        found: where the bundle came from.
        bundle: it.
        wishes: which model files, which documents.
        folder: an empty one, for everything on the way.

    Returns:
        A folder with `run/` and `results/samples/` of a replication.

    Raises:
        RefusedError: if the model isn't the one, or the bundle is not one that is run here.
        IncompleteError: if the run ended early.
    """
    slot = folder / "slot"
    lay_out(bundle, slot)
    weights = parse_strict(bundle.read("run/weights.json"))
    _bring_model(found, weights, wishes.model, slot / "model", folder)
    ran = started(
        slot,
        audit=wishes.audit.as_json() if wishes.audit else None,
        threads=threads_of(bundle),
        unsafe_code=wishes.unsafe_code,
        rescore=False,
    )
    target = folder / "replication"
    (target / "run").mkdir(parents=True)
    (target / "run" / "environment.json").write_bytes(jcs(ran))
    listed = [pin.as_json() for pin in pins(bundle, model=slot / "model", ran=ran)]
    (target / "run" / "pins.json").write_bytes(jcs({"v": 1, "pins": listed}))
    _pack_samples(bundle, slot, target / "results" / "samples")
    return target


def lay_out(bundle: Bundle, slot: Path) -> None:
    """Unpack what a run needs."""
    for path in bundle.members:
        if path.startswith(_TAKEN):
            (slot / path).parent.mkdir(parents=True, exist_ok=True)
            with (slot / path).open("wb") as file:
                for chunk in bundle.chunks(path):
                    file.write(chunk)


def _bring_model(
    found: Found, weights: Mapping[str, Any], given: Path | None, target: Path, folder: Path
) -> None:
    """Bring a model's files to their place; those of a hub are left to the process that runs."""
    if given is not None:
        copy_model(given, weights, target)
    elif str(weights["model"]).startswith("local:"):
        if found.site is None or found.result is None:
            raise AssayError(
                "model_missing",
                f"The files of {weights['model']} are not in the bundle.",
                "Give them with --model DIR, or name the result by its address or ID.",
            )
        archive = folder / "model.tar"
        say("fetching the model")
        download(f"{found.site}/api/v1/results/{found.result}/model.tar", archive)
        unpack_model(Bundle(tar_members(archive), Limits()), weights, target)
        archive.unlink()


def threads_of(bundle: Bundle) -> int | None:
    """Return the first run's number of threads, if this machine has as many processors."""
    threads = parse_strict(bundle.read("run/environment.json")).get("threads")
    usable = isinstance(threads, int) and 0 < threads <= (os.cpu_count() or 1)
    return threads if usable else None


def started(slot: Path, **wishes: Any) -> dict[str, Any]:
    """Start the process that runs, and return what it ran on.

    Args:
        slot: where the bundle is laid out; the job and its answer lie beside it.
        wishes: the rest of the job, see `workers.reproduce`.

    Raises:
        RefusedError: if the bundle is not one that is run here.
        IncompleteError: if the run ended early.
    """
    job, answer = slot.parent / "job.json", slot.parent / "answer.json"
    job.write_text(json.dumps({"slot": str(slot), **wishes}), encoding="utf-8")
    done = subprocess.run(
        # Safe path: what lies in the person's present folder is no module of ours.
        [sys.executable, "-P", "-m", "workers.reproduce", str(job)],
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno() if _has_descriptor() else subprocess.DEVNULL,
        check=False,
    )
    if not answer.is_file():
        raise IncompleteError("runner_lost", f"The run ended early (exit code {done.returncode}).")
    told = json.loads(answer.read_text(encoding="utf-8"))
    if (error := told.get("error")) is not None:
        kind = RefusedError if error["code"] in _REFUSALS else IncompleteError
        raise kind(error["code"], error["detail"], error["hint"])
    environment: dict[str, Any] = told["environment"]
    return environment


def _has_descriptor() -> bool:
    try:
        return sys.stderr.fileno() >= 0
    except (OSError, ValueError):  # a caller's own text in place of a file
        return False


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name.startswith(_KEPT_PREFIXES)}
    kept |= {name: os.environ[name] for name in _KEPT if name in os.environ}
    places = [str(_ROOT), *filter(None, [kept.get("PYTHONPATH")])]
    return kept | {"PYTHONPATH": os.pathsep.join(places)}


def _pack_samples(bundle: Bundle, slot: Path, target: Path) -> None:
    """Compress the rows, as in a result's bundle; what is withheld there is left out here too."""
    target.mkdir(parents=True)
    for task in plan_from(parse_strict(bundle.read("run/plan.json"))).open_tasks:
        rows = slot / "rerun" / "samples" / f"{task}.jsonl"
        if not rows.is_file():
            raise IncompleteError("runner_lost", f"The run left no samples of {task}.")
        with rows.open("rb") as plain, (target / f"{task}.jsonl.zst").open("wb") as packed:
            # With the size in the frame, as when all is compressed at once: the same bytes.
            zstandard.ZstdCompressor(level=3).copy_stream(plain, packed, size=rows.stat().st_size)
