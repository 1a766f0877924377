"""What a worker does with a claim: start a run, answer a unit, score and publish a run.

Each is a generator that yields while it waits, at least once a second, so that the worker can renew
leases, hear of a stop, and put the stage aside between two jobs. Each may be interrupted anywhere
and taken up from its beginning by another worker.
"""

from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any, TypeVar

from django.conf import settings
from django.utils import timezone

from evaluations import store
from evaluations.enums import SubmissionState
from evaluations.errors import AssayError
from evaluations.failures import FailureCode
from evaluations.models import Revision, Run, Unit
from evaluations.provenance.canonical import jcs, sha256_hex
from evaluations.services import results, runs
from workers import bundle, claims
from workers.background import in_background
from workers.pack import pack_digest
from workers.runner.process import Runner
from workers.runner.protocol import Call
from workers.slot import Slot, answers_path

#: Documents per unit, by the kind of request: small enough to share among workers, large enough
#: that claiming costs nothing beside answering. Cut by the task alone, never by the workers.
UNIT_DOCUMENTS = {"generate_until": 32}
_UNIT_DOCUMENTS = 64
_POLL_SECONDS = 0.5

#: Yields documents answered in the present unit.
Stage = Generator[int, None, None]
_T = TypeVar("_T")


class DiskFullError(Exception):
    """The runner ran out of disk."""


class Workplace:
    """A slot with its runner, which is started when it is first needed."""

    def __init__(self, run: Run, worker: str) -> None:
        """Make the slot."""
        self.run_id = run.pk
        self.slot = Slot(run, worker)
        self.fetched = False
        self._runner: Runner | None = None

    def prepare(self, run: Run) -> Stage:
        """Fetch what the run needs, once."""
        if not self.fetched:
            for _ in self.slot.fetch(run):
                yield 0
            self.fetched = True

    def do(self, name: Any, **args: Any) -> Generator[int, None, Any]:
        """Have the runner take a step; yields its progress and returns its value.

        Raises:
            AssayError: with the code that the runner reports.
            DiskFullError: if the runner's disk was full.
            RunnerLostError: if the process ended.
        """
        if self._runner is None:
            self._runner = Runner(
                self.slot.root, self.slot.log, threads=settings.ASSAY_THREADS or None
            )
        self._runner.call(Call(name, args))
        done = 0
        while True:
            event = self._runner.poll(_POLL_SECONDS)
            if event is not None and event.kind == "done":
                return event.value
            if event is not None and event.kind == "failed":
                if event.is_disk_full:
                    raise DiskFullError(event.detail)
                raise AssayError(event.code, event.detail)
            done = event.value if event is not None else done
            yield done

    def close(self) -> None:
        """End the runner and delete the slot."""
        if self._runner is not None:
            self._runner.close()
        self.slot.remove()


def start(run: Run, place: Workplace, worker: str) -> Stage:
    """Fetch, load the model, plan, and cut the plan into units."""
    if run.submission.state == SubmissionState.QUEUED:
        runs.advance(
            run=run,
            by=worker,
            to=SubmissionState.FETCHING,
            token=run.token,
            started_at=timezone.now(),
        )
    yield from place.prepare(run)
    if run.submission.state != SubmissionState.PLANNING:
        runs.advance(run=run, by=worker, to=SubmissionState.PLANNING, token=run.token)
    place.slot.say("loading the model")
    environment = yield from place.do("load")
    place.slot.say("planning")
    tasks = yield from place.do("plan", folders=_folders(run))
    _check_documents(run, tasks)
    pack = yield from _beside(lambda: _store_pack(place.slot, tasks))
    plan = _plan(run, tasks, pack, environment)
    units = [
        (task, first, min(size, documents - first))
        for task, planned in tasks.items()
        for documents in [planned["summary"]["documents"]]
        for size in [UNIT_DOCUMENTS.get(planned["summary"]["output_type"], _UNIT_DOCUMENTS)]
        for first in range(0, documents, size)
    ]
    place.slot.say(f"planned {sum(count for *_, count in units)} documents in {len(units)} units")
    runs.plan(
        run=run,
        token=run.token,
        by=worker,
        plan=plan,
        plan_sha256=sha256_hex(jcs(plan)),
        pack=pack,
        environment=environment,
        units=units,
    )


def _beside(work: Callable[[], _T]) -> Generator[int, None, _T]:
    """Take a long step while the lease is renewed."""
    step = in_background(lambda _: work())
    while True:
        try:
            next(step)
        except StopIteration as end:
            value: _T = end.value
            return value
        yield 0


def _store_pack(slot: Slot, tasks: Iterable[str]) -> dict[str, str]:
    return {task: store.put_file(slot.root / "pack" / f"{task}.jsonl") for task in tasks}


def _folders(run: Run) -> list[str]:
    return list(run.submission.board.suite.pins.get("folders", []))


def _check_documents(run: Run, tasks: Mapping[str, Any]) -> None:
    """Hold the plan against the documents that the suite pinned when it was published."""
    for task, pinned in run.submission.board.suite.pins.get("documents", {}).items():
        planned = tasks[task]["summary"]
        if planned["documents"] != pinned["count"]:
            detail = f"has {planned['documents']} documents; the suite counted {pinned['count']}."
        elif planned["documents_root"] != pinned["root"]:
            detail = "has other documents than when the suite was published."
        else:
            continue
        raise AssayError(FailureCode.TASK_INVALID, f"{task} {detail}")


def _plan(
    run: Run, tasks: Mapping[str, Any], pack: Mapping[str, str], environment: Mapping[str, Any]
) -> dict[str, Any]:
    submission = run.submission
    suite, revision = submission.board.suite, submission.revision
    fields = (
        "name", "task", "num_fewshot", "metrics", "filter", "baseline",
        "aggregation", "normalised", "withheld", "components",
    )  # fmt: skip
    return {
        "v": 1,
        "suite": {
            "name": suite.name,
            "version": suite.version,
            "sha256": suite.sha256,
            "aggregation": suite.aggregation,
            "benchmarks": list(suite.benchmarks.values(*fields)),
        },
        "model": {"name": str(revision.model), "revision": revision.commit},
        "engine": {
            "name": "hf",
            **{
                name: environment["packages"][name] for name in ("lm_eval", "transformers", "torch")
            },
            "dtype": submission.precision,
            "batch_size": 1,
            "device": "cpu",
        },
        "chat_template": {
            "applied": submission.chat_template,
            "sha256": _template_digest(revision) if submission.chat_template else None,
        },
        "seeds": bundle.SEEDS,
        "pack_sha256": pack_digest(dict(pack)),
        "tasks": {task: planned["summary"] for task, planned in tasks.items()},
    }


def _template_digest(revision: Revision) -> str:
    """Return the digest of the file that holds the chat template; older versions keep it inside."""
    files = {file["path"]: file["sha256"] for file in revision.files}
    return str(files.get("chat_template.jinja") or files["tokenizer_config.json"])


def answer(unit: Unit, place: Workplace, worker: str) -> Stage:
    """Answer one unit and record the answers."""
    run = unit.run
    yield from place.prepare(run)
    path = answers_path(unit)
    yield from place.do(
        "answer",
        task=unit.task,
        first=unit.first,
        count=unit.count,
        repeats=run.plan["tasks"][unit.task]["repeats"],
        path=path,
    )
    digest = yield from _beside(lambda: store.put_file(place.slot.root / path))
    claims.finish(unit, answers_sha256=digest)
    place.slot.say(f"{unit} answered")
    claims.complete_runs(worker)


def score(run: Run, place: Workplace, worker: str) -> Stage:
    """Replay the answers through lm-eval, seal the bundle, and publish."""
    yield from place.prepare(run)
    root = place.slot.root
    units = list(run.units.all())
    recorded = yield from _beside(lambda: place.slot.fetch_answers(units))
    yield from place.do("score", recorded=recorded, folders=_folders(run))
    if run.submission.state != SubmissionState.PUBLISHING:
        runs.advance(run=run, by=worker, to=SubmissionState.PUBLISHING, token=run.token)
    benchmarks = [bundle.BenchmarkSpec(**spec) for spec in run.plan["suite"]["benchmarks"]]
    scores = bundle.read_scores(root, benchmarks)
    total = bundle.write_scores(root, scores)
    bundle.write_run(root, plan=run.plan, weights=_weights(run), environment=_environment(run))
    config = (root / "run" / "config.yaml").read_text(encoding="utf-8")
    sealed = root / "sealed"
    sealed.mkdir()
    manifest = yield from _beside(lambda: bundle.seal(root, sealed, root / "bundle.tar"))
    facts = results.BundleFacts(
        sha256=(yield from _beside(lambda: store.put_file(root / "bundle.tar"))),
        size=(root / "bundle.tar").stat().st_size,
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
    )


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
    began = run.started_at or timezone.now()
    ended = timezone.now()
    return {
        "v": 1,
        "started": began.isoformat(),
        "finished": ended.isoformat(),
        "seconds": round((ended - began).total_seconds(), 3),
        "workers": run.units.values("worker").distinct().count(),
        **run.environment,
    }
