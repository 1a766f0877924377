"""`python -m workers.reproduce JOB`: what `assay reproduce` starts; JOB is a file of JSON.

In: `slot`, `audit`, `unsafe_code`, `threads`; see `workers.reproduce.running.Job`. With `rescore`,
which `assay verify --rescore` asks for, the recorded answers are scored again instead. The answer
comes to `answer.json` beside it: `{"environment"}` or `{"error": {"code", "detail", "hint"}}`.
"""

import json
import signal
import sys
from pathlib import Path
from typing import Any

from evaluations.errors import AssayError
from evaluations.provenance.replication.model_files import check_model
from evaluations.provenance.replication.statement import audit_from
from workers.reproduce.settings import configure
from workers.runner.parent import die_with_parent


def main() -> None:
    """Do one job."""
    die_with_parent()
    # Ctrl-C reaches the whole terminal; the command that started this ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    path = Path(sys.argv[1])
    said = json.loads(path.read_bytes())
    slot = Path(said["slot"])
    # A run is asked for by whoever trusts the bundle; whoever verifies it doesn't yet.
    configure(slot, sandbox="require" if said["rescore"] else "auto")
    try:
        answer = {"environment": _run(slot, said)}
    except AssayError as error:
        shown = {"code": str(error.code), "detail": error.detail, "hint": error.hint}
        answer = {"error": shown}
    (path.parent / "answer.json").write_text(json.dumps(answer), encoding="utf-8")


def _run(slot: Path, said: dict[str, Any]) -> dict[str, Any]:
    # Slow, and of no use before the settings are there.
    from workers.isolation import SandboxMissingError
    from workers.reproduce import hub, rescoring
    from workers.reproduce.running import Job, run
    from workers.runner.process import RunnerLostError

    results = json.loads((slot / "results" / "results.json").read_bytes())
    weights = json.loads((slot / "run" / "weights.json").read_bytes())
    if not (said["rescore"] or (slot / "model").is_dir()):
        paths = [file["path"] for file in weights["files"]]
        hub.fetch_model(weights["model"], weights["revision"], paths, slot / "model")
        check_model(slot / "model", weights)
    for dataset, revision in hub.datasets_of(results):
        hub.fetch_dataset(dataset, revision, slot)
    try:
        if said["rescore"]:
            return rescoring.rescore(slot, said["threads"])
        job = Job(slot, audit_from(said["audit"]), bool(said["unsafe_code"]), said["threads"])
        return run(job)
    except (RunnerLostError, SandboxMissingError) as error:
        raise AssayError("runner_lost", f"The run ended early: {error}.") from None


if __name__ == "__main__":
    main()
