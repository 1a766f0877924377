"""A worker's part in scoring recorded answers again: what the scorer says anew, if it matters."""

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from evaluations.errors import AssayError
from evaluations.failures import FailureCode
from evaluations.models import Run, Submission
from evaluations.provenance.canonical import jcs, sha256_hex
from evaluations.queries.protocol import protocol
from evaluations.queries.samples import digests
from evaluations.services.rescoring import replan
from workers import planning
from workers.pack import pack_digest
from workers.workplace import Progress, Workplace

#: The samples are among the scores by their roots.
_OUTCOME = ("results/results.json", "results/scores.json")


def prepare(run: Run, place: Workplace) -> Generator[Progress, None, None]:
    """Bring a rescoring's plan up to what the installed lm-eval and the suite say now.

    Only filters and the suite's part change; the questions must be those that were answered.

    Raises:
        AssayError: `plan_mismatch` if they are not.
    """
    old = _old(run)
    asked = old.run.plan["tasks"]
    place.slot.say(f"scoring the answers of {old.public_id} again")
    found = yield from place.do("describe", folders=planning.folders(run))
    if not found["filters"].keys() <= asked.keys():
        raise _mismatch(run, found["filters"].keys() - asked.keys())
    tasks = {
        name: {**asked[name], "filters": filters} for name, filters in found["filters"].items()
    }
    if run.submission.suite_id != old.suite_id:
        planned = yield from place.do("plan", total=len(tasks), folders=planning.folders(run))
        if planned != tasks:
            raise _mismatch(run, {name for name in tasks if planned.get(name) != tasks[name]})
    plan = {
        **old.run.plan,
        "suite": protocol(run.submission.suite),
        "pack_sha256": pack_digest(run.pack),
        "tasks": tasks,
    }
    replan(
        run=run,
        token=run.token,
        plan=plan,
        plan_sha256=sha256_hex(jcs(plan)),
        environment={**old.run.environment, "rescored": _origin(old, found["environment"])},
    )
    run.refresh_from_db(fields=["plan", "plan_sha256", "environment"])


def _old(run: Run) -> Submission:
    old = run.submission.rescores
    assert old is not None  # noqa: S101  told to the type checker
    return old


def _mismatch(run: Run, tasks: set[str]) -> AssayError:
    return AssayError(
        FailureCode.PLAN_MISMATCH,
        f"{run.submission.suite} asks other questions than were answered in "
        f"{', '.join(sorted(tasks))}. The model needs a new run.",
    )


def _origin(old: Submission, scorer: Mapping[str, Any]) -> dict[str, Any]:
    """Return where the answers were published first, and what scored them now."""
    return {
        "result": old.result.public_id,
        "bundle_sha256": old.result.bundle_sha256,
        "lm_eval": scorer["packages"]["lm_eval"],
        "python": scorer["python"],
    }


def is_unchanged(run: Run, root: Path) -> bool:
    """Whether a slot holds the outcome that the result that stands has in its bundle.

    By another version of the suite it is a new outcome, even if every digit is the same.

    Raises:
        ArtefactMissingError: if the store has lost that bundle.
    """
    old = _old(run)
    if run.submission.suite_id != old.suite_id:
        return False
    before = digests(old.result)
    return all(before.get(path) == sha256_hex((root / path).read_bytes()) for path in _OUTCOME)
