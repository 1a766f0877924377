"""The stages that a worker takes on a claim: start a run, answer a unit, score and publish a run.

Each is a generator that yields while it waits, at least once a second, so that the worker can renew
leases and hear of a stop. Each may be interrupted anywhere and taken up by another worker: from its
beginning, or, inside a unit, after the answers that were recorded.
"""

import json
import logging
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.utils import timezone

from evaluations import store
from evaluations.enums import SubmissionState
from evaluations.errors import AssayError
from evaluations.models import LogEntry, Run, Unit
from evaluations.needs import engine_tag
from evaluations.provenance.canonical import jcs, sha256_hex
from evaluations.queries.evidence import evidence
from evaluations.services import log, results, runs
from evaluations.services.rescoring import leave_unchanged
from workers import bundle, claims, engine_lock, planning, rescoring, taking
from workers.background import in_background
from workers.exports import write_exports
from workers.logged import until_logged
from workers.slot import Slot, unit_file
from workers.tables import write_tables
from workers.workplace import Progress, Stage, Workplace

#: What a step of the runner may leave behind at most, in bytes.
_PACK_LIMIT = _RESULTS_LIMIT = 50 * 10**9
_ANSWERS_LIMIT = 10**9
#: What a statement is made of, beside the manifest.
_STATED = (
    "run/plan.json",
    "run/weights.json",
    "run/config.yaml",
    "run/requirements.lock",
    "results/scores.json",
)
_log = logging.getLogger(__name__)
_T = TypeVar("_T")


def start(run: Run, place: Workplace, worker: str, *, energy: str) -> Stage:
    """Plan a run whose model has been fetched, and try it on a few documents.

    Args:
        run: the run.
        place: where its model lies.
        worker: its name.
        energy: how it counts joules, for readers; empty if it doesn't.
    """
    if not run.plan:
        if run.submission.state != SubmissionState.PLANNING:
            runs.advance(run=run, by=worker, to=SubmissionState.PLANNING, token=run.token)
        yield from _plan(run, place, worker, energy)
        run.refresh_from_db()
    place.slot.say("trying out")
    tried = planning.smoke_documents(run.plan["tasks"])
    yield from place.do(
        "smoke", total=sum(tried.values()), documents=tried, folders=planning.folders(run)
    )
    runs.begin_answering(run=run, token=run.token, by=worker)


def fetch(run: Run, worker: str) -> None:
    """Note that a run leaves the queue."""
    runs.advance(
        run=run,
        by=worker,
        to=SubmissionState.FETCHING,
        token=run.token,
        started_at=timezone.now(),
    )


def _plan(run: Run, place: Workplace, worker: str, energy: str) -> Stage:
    prompts = planning.prompts_digest(run)
    tasks, pack = yield from _pack(run, place, prompts)
    planning.check_documents(run, tasks)
    place.slot.say("loading the model")
    environment = yield from place.do("load")
    plan = planning.document(run, tasks, pack, environment["packages"])
    units = planning.units(tasks)
    place.slot.say(f"planned {sum(count for *_, count in units)} documents in {len(units)} units")
    runs.plan(
        run=run,
        token=run.token,
        by=worker,
        plan=plan,
        plan_sha256=sha256_hex(jcs(plan)),
        prompts_sha256=prompts,
        pack=pack,
        environment=environment | {"energy_method": energy or None},
        units=units,
        engine=engine_tag(engine_lock.digest()),
    )


def _pack(
    run: Run, place: Workplace, prompts: str
) -> Generator[Progress, None, tuple[dict[str, Any], dict[str, str]]]:
    """Return the tasks' summaries and their files' digests; builds them if no run has before."""
    earlier = planning.same_prompts(prompts)
    if earlier is not None:
        place.slot.say(f"prompts as planned for {earlier.submission.public_id}")
        for done, _ in enumerate(place.slot.fetch_pack(earlier.pack), start=1):
            yield Progress(done, len(earlier.pack))
        return earlier.plan["tasks"], earlier.pack
    place.slot.say("planning")
    count = len(run.submission.suite.pins.get("documents", {}))
    tasks = yield from place.do("plan", total=count, folders=planning.folders(run))
    pack = yield from _beside(lambda: _store_pack(place.slot, list(tasks)))
    return tasks, pack


def _beside(work: Callable[[], _T]) -> Generator[Progress, None, _T]:
    """Take a long step while the lease is renewed."""
    step = in_background(lambda _: work())
    while True:
        try:
            next(step)
        except StopIteration as end:
            value: _T = end.value
            return value
        yield Progress(0, 0)


def _store_pack(slot: Slot, tasks: list[str]) -> dict[str, str]:
    return {
        task: store.put_file(
            taking.take(slot.root, f"pack/{task}.jsonl", f"pack/{task}.jsonl", limit=_PACK_LIMIT)
        )
        for task in tasks
    }


def answer(unit: Unit, place: Workplace, worker: str) -> Stage:
    """Answer one unit, going on after what was recorded of it, and record the answers."""
    run = unit.run
    before = store.get_bytes(unit.recorded_sha256) if unit.recorded else b""
    if unit.recorded:
        place.slot.say(f"{unit} goes on after {unit.recorded} documents")
    source = f"answers/{unit_file(unit)}"
    asked = place.do(
        "answer",
        task=unit.task,
        first=unit.first + unit.recorded,
        count=unit.count - unit.recorded,
        repeats=run.plan["tasks"][unit.task]["repeats"],
        file=unit_file(unit),
    )
    kept, written = unit.recorded, time.monotonic()
    for progress in asked:
        done = unit.recorded + progress.done
        if done > kept and time.monotonic() - written > settings.ASSAY_RECORD_SECONDS:
            now = taking.read(place.slot.root, source, limit=_ANSWERS_LIMIT)
            _record(unit, before + _first(now, unit.first + done), done)
            kept, written = done, time.monotonic()
        yield Progress(done, unit.count)
    answers = before + taking.read(place.slot.root, source, limit=_ANSWERS_LIMIT)
    digest = yield from _beside(lambda: store.put_bytes(answers))
    claims.finish(unit, answers_sha256=digest)
    place.slot.say(f"{unit} answered")
    claims.complete_runs(worker, run)


def _first(lines: bytes, end: int) -> bytes:
    """Return the answers to documents before `end`; the runner may have begun the next one."""
    kept = []
    for line in lines.splitlines(keepends=True):
        if not line.endswith(b"\n") or json.loads(line)["doc_id"] >= end:
            break
        kept.append(line)
    return b"".join(kept)


def _record(unit: Unit, answers: bytes, documents: int) -> None:
    """Keep what is answered so far; if the store can't just now, the unit goes on without."""
    try:
        digest = store.put_bytes(answers)
    except (AssayError, OSError) as error:
        _log.warning("answers of %s are not recorded yet: %s", unit, error)
        return
    claims.record(unit, recorded=documents, sha256=digest)


def score(run: Run, place: Workplace, worker: str) -> Stage:
    """Replay the answers through lm-eval, seal the bundle, and publish."""
    root = place.slot.root
    if run.submission.rescores_id:
        yield from rescoring.prepare(run, place)
    units = list(run.units.all())
    recorded = yield from _beside(lambda: place.slot.fetch_answers(units))
    yield from place.do("score", recorded=recorded, folders=planning.folders(run))
    yield from _beside(lambda: taking.take_folder(root, "results", "results", limit=_RESULTS_LIMIT))
    if run.submission.state != SubmissionState.PUBLISHING:
        runs.advance(run=run, by=worker, to=SubmissionState.PUBLISHING, token=run.token)
    benchmarks = [bundle.BenchmarkSpec(**spec) for spec in run.plan["suite"]["benchmarks"]]
    scores = bundle.read_scores(root, benchmarks)
    tables = yield from _beside(lambda: write_tables(root, benchmarks))
    total = bundle.write_scores(root, scores)
    if run.submission.rescores_id and rescoring.is_unchanged(run, root):
        leave_unchanged(run=run, token=run.token, by=worker)
        return
    results.announce(run=run, token=run.token, environment=_environment(run))
    environment = run.announcement["environment"]
    bundle.write_run(root, plan=run.plan, weights=_weights(run), environment=environment)
    write_exports(
        root,
        name=run.submission.revision.model.name,
        at=run.announcement["evaluated_at"],
        origin=settings.ASSAY_ORIGIN,
    )
    config = (root / "run" / "config.yaml").read_text(encoding="utf-8")
    sealed = root / "sealed"
    sealed.mkdir()
    manifest = yield from _beside(lambda: bundle.seal(root, sealed))
    entry = yield from _sign(run, sealed, manifest)
    target, proofs = root / "bundle.tar", evidence(entry)
    yield from _beside(lambda: bundle.write_bundle(sealed, proofs, target))
    facts = results.BundleFacts(
        sha256=(yield from _beside(lambda: store.put_file(target))),
        size=target.stat().st_size,
        manifest_sha256=manifest,
        config=config,
    )
    place.slot.say(f"publishing bundle sha256 {facts.sha256}")
    results.publish(
        run=run,
        token=run.token,
        by=worker,
        score=total,
        scores=[(s.benchmark.name, s.estimate, s.n) for s in scores],
        bundle=facts,
        tables=tables,
    )


def _sign(run: Run, sealed: Path, manifest: str) -> Generator[Progress, None, LogEntry]:
    """Have the result's statement signed and logged."""
    files = {path: (sealed / path).read_bytes() for path in _STATED}
    yield from until_logged(log.intent(run.submission))
    entry = results.sign(run=run, token=run.token, manifest_sha256=manifest, files=files)
    yield from until_logged(entry)
    return entry


def _weights(run: Run) -> dict[str, Any]:
    revision = run.submission.revision
    return {
        "v": 1,
        "model": str(revision.model),
        "revision": revision.commit,
        "files": revision.files,
    }


def _environment(run: Run) -> dict[str, Any]:
    """Return what varies between two runs of one plan."""
    run.refresh_from_db(fields=["busy_seconds", "energy_joules", "isolation"])
    began = run.started_at or timezone.now()
    ended = timezone.now()
    return {
        "v": 1,
        "started": began.isoformat(),
        "finished": ended.isoformat(),
        "seconds": round((ended - began).total_seconds(), 3),
        "busy_seconds": round(run.busy_seconds, 3),
        "energy_joules": None if run.energy_joules is None else round(run.energy_joules, 1),
        "isolation": run.isolation,
        "workers": run.units.values("worker").distinct().count(),
        **run.environment,
    }
