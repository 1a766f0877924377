"""One plain factory a model. Each makes what it needs and takes what the test cares about."""

import hashlib
from datetime import timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from evaluations import store
from evaluations.enums import SubmissionState
from evaluations.models import (
    ApiToken,
    Benchmark,
    Board,
    LanguageModel,
    ModerationAct,
    Replication,
    Result,
    Revision,
    Run,
    Score,
    Submission,
    SubmissionEvent,
    Suite,
    Unit,
    WorkerProcess,
)  # fmt: skip
from evaluations.needs import Offers
from evaluations.provenance.canonical import jcs
from evaluations.services import access, moderation
from evaluations.services.standings import touch

_serial = count(1)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def make_user(username: str = "", **fields: Any) -> User:
    return User.objects.create_user(username or f"user{next(_serial)}", password="secret", **fields)


def make_token(
    by: User | None = None, *, scopes: tuple[str, ...] = ("read", "submit"), name: str = "laptop"
) -> tuple[ApiToken, str]:
    """Make a token; the second is its secret."""
    return access.make_token(by=by or make_user(), name=name, scopes=scopes)


def make_suite(*, draft: bool = False, **fields: Any) -> Suite:
    number = next(_serial)
    published = None if draft else timezone.now()
    defaults = {
        "name": f"suite-{number}", "version": 1, "title": f"Suite {number}",
        "sha256": digest(f"suite {number}"), "published_at": published,
    }  # fmt: skip
    return Suite.objects.create(**defaults | fields)


def make_benchmark(suite: Suite, name: str = "patterns", **fields: Any) -> Benchmark:
    task = fields.get("task", f"assay_{name}")
    component = {"task": task, "metric": "acc", "filter": "none", "baseline": 0.25}
    defaults = {
        "position": suite.benchmarks.count(), "title": name.capitalize(), "task": task,
        "num_fewshot": 3, "metrics": ["acc"], "baseline": 0.25, "licence": "cc0-1.0",
        "components": [component], "documents": 240,
    }  # fmt: skip
    return Benchmark.objects.create(suite=suite, name=name, **defaults | fields)


def make_board(
    slug: str = "", *, draft: bool = False, benchmarks: tuple[str, ...] = ("patterns", "sums"),
    **fields: Any,
) -> Board:  # fmt: skip
    number = next(_serial)
    suite = fields.pop("suite", None) or make_suite(draft=draft)
    for name in benchmarks:
        make_benchmark(suite, name, documents=None if draft else 240)
    defaults = {"title": f"Board {number}", "description": "Small tasks."}
    return Board.objects.create(slug=slug or f"board-{number}", suite=suite, **defaults | fields)


def make_model(name: str = "") -> LanguageModel:
    return LanguageModel.objects.create(source="local", name=name or f"model-{next(_serial)}")


def make_revision(
    model: LanguageModel | None = None, *, contents: dict[str, bytes] | None = None, **fields: Any
) -> Revision:
    """Make a revision whose files lie in the store."""
    number = next(_serial)
    contents = {"config.json": b"{}", "model.safetensors": b"%d" % number} | (contents or {})
    files = [
        {"path": path, "size": len(data), "sha256": store.put_bytes(data)}
        for path, data in sorted(contents.items())
    ]
    defaults = {
        "commit": hashlib.sha256(jcs(files)).hexdigest(), "licence": "apache-2.0",
        "card": "A small model.", "architecture": "LlamaForCausalLM", "parameters": 1_234_567,
    }  # fmt: skip
    return Revision.objects.create(model=model or make_model(), files=files, **defaults | fields)


def make_event(submission: Submission, state: str, **fields: Any) -> SubmissionEvent:
    return SubmissionEvent.objects.create(
        submission=submission, state=state, **{"actor": "worker"} | fields
    )


def make_submission(
    *, board: Board | None = None, revision: Revision | None = None, by: User | None = None,
    state: str = "queued", **fields: Any,
) -> Submission:  # fmt: skip
    """Make a submission with its first event, and its run unless `run` is False."""
    with_run = fields.pop("run", True)
    board = board or make_board()
    submission = Submission.objects.create(
        board=board,
        suite=fields.pop("suite", board.suite),
        revision=revision or make_revision(),
        by=by or make_user(),
        state=state,
        **{"precision": "float32"} | fields,
    )
    make_event(submission, SubmissionState.QUEUED, actor=submission.by.get_username())
    if with_run:
        make_run(submission)
    return submission


def make_run(submission: Submission, **fields: Any) -> Run:
    return Run.objects.create(submission=submission, **fields)


def make_unit(run: Run, task: str = "assay_patterns", first: int = 0, **fields: Any) -> Unit:
    return Unit.objects.create(run=run, task=task, first=first, **{"count": 100} | fields)


def make_worker(
    *, memory: int = 16, disk: int = 100, tags: tuple[str, ...] = ("network",), **fields: Any
) -> WorkerProcess:
    """Make a worker that lives and has so many GB."""
    now = timezone.now()
    offers = Offers(memory * 10**9, disk * 10**9, frozenset(tags))
    defaults = {
        "name": f"host-7-{next(_serial):06x}", "started_at": now, "seen_at": now,
        "offers": offers.as_json(),
    }  # fmt: skip
    return WorkerProcess.objects.create(**defaults | fields)


def make_plan(revision: Revision, board: Board) -> dict[str, Any]:
    """Return a plan in the shape of docs/bundle.md."""
    benchmarks = list(board.suite.benchmarks.all())
    return {
        "v": 1,
        "suite": {"name": board.suite.name, "version": 1, "sha256": board.suite.sha256},
        "model": {"name": str(revision.model), "revision": revision.commit},
        "engine": {
            "name": "hf", "lm_eval": "0.4.13", "transformers": "5.23.0", "torch": "2.13.0",
            "dtype": "float32", "batch_size": 1, "device": "cpu",
        },
        "chat_template": {"applied": False, "sha256": None},
        "seeds": [0, 1234, 1234, 1234],
        "pack_sha256": digest("pack"),
        "tasks": {
            benchmark.task: {
                "documents": 240, "documents_root": digest(f"documents {benchmark.task}"),
                "requests": 960, "requests_root": digest(f"requests {benchmark.task}"),
            }
            for benchmark in benchmarks
        },
    }  # fmt: skip


ENVIRONMENT = {
    "python": "3.11.7", "platform": "Linux-6.1", "processor": "A processor", "cpu_count": 16,
    "threads": 8, "packages": {"lm_eval": "0.4.13"},
}  # fmt: skip


def make_result(
    *, board: Board | None = None, revision: Revision | None = None, value: float = 0.5,
    stderr: float | None = 0.01, bundle: bytes = b"bundle", **fields: Any,
) -> Result:  # fmt: skip
    """Make a published result whose bundle lies in the store, with a score for each benchmark.

    `scores` names benchmarks whose value is not the result's own.
    """
    board, revision = board or make_board(), revision or make_revision()
    submission = make_submission(
        board=board,
        revision=revision,
        by=fields.pop("by", None),
        state="published",
        chat_template=fields.pop("chat_template", False),
        rescores=fields.pop("rescores", None),
    )
    make_event(submission, SubmissionState.PUBLISHED)
    values = fields.pop("scores", {})
    plan = make_plan(revision, board)
    defaults = {
        "config": "model: hf\ntasks:\n- assay_patterns\n", "plan": plan,
        "plan_sha256": hashlib.sha256(jcs(plan)).hexdigest(), "environment": ENVIRONMENT,
        "manifest_sha256": digest(f"manifest {submission.public_id}"),
        "bundle_sha256": store.put_bytes(bundle), "bundle_size": len(bundle),
    }  # fmt: skip
    result = Result.objects.create(
        submission=submission, revision=revision, board=board, value=value, stderr=stderr,
        **defaults | fields,
    )  # fmt: skip
    for benchmark in board.suite.benchmarks.all():
        make_score(result, benchmark, value=values.get(benchmark.name, value), stderr=stderr)
    touch(board.pk)
    return result


def make_score(result: Result, benchmark: Benchmark, **fields: Any) -> Score:
    defaults = {"value": 0.5, "stderr": 0.02, "n": benchmark.documents or 240}
    return Score.objects.create(result=result, benchmark=benchmark, **defaults | fields)


def make_replication(result: Result, **fields: Any) -> Replication:
    """Make a replication whose bundle lies in the store; what it says is not computed."""
    bundle = b"replication %d" % next(_serial)
    defaults: dict[str, Any] = {
        "by": fields.pop("by", None) or make_user(), "verdict": "R0", "keyid": digest("key"),
        "bundle_sha256": store.put_bytes(bundle), "bundle_size": len(bundle),
        "manifest_sha256": digest(str(bundle)), "statement": {"predicate": {}},
        "comparison": {"verdict": "R0"},
    }  # fmt: skip
    made = Replication.objects.create(result=result, **defaults | fields)
    touch(result.board_id)
    return made


def make_dispute(
    result: Result, *, by: User | None = None, reason: str = "The prompts hold the answers."
) -> ModerationAct:
    return moderation.dispute(by=by or make_user(), result=result, reason=reason)


def make_operator() -> User:
    return make_user(is_staff=True)


def ago(minutes: float) -> Any:
    return timezone.now() - timedelta(minutes=minutes)


def make_answers(result: Result) -> Run:
    """Record what a result was scored from: its plan, and for each task a pack and two units."""
    run = result.submission.run
    run.plan, run.plan_sha256 = result.plan, result.plan_sha256
    run.pack = {task: store.put_bytes(f"pack {task}".encode()) for task in result.plan["tasks"]}
    run.environment, run.isolation = result.environment, "bubblewrap"
    run.needs = {"memory": 9 * 10**9, "disk": 10**9, "tags": ["engine:old", "network"]}
    run.prompts_sha256 = digest("prompts")
    run.save()
    for task in result.plan["tasks"]:
        for first in (0, 120):
            sha256 = store.put_bytes(f"{result} {task} {first}".encode())
            make_unit(
                run, task, first, count=120, answered=120, state="finished", answers_sha256=sha256,
                worker="first",
            )  # fmt: skip
    return run


def make_version(suite: Suite, *, benchmarks: tuple[str, ...] = ("patterns", "sums")) -> Suite:
    """Make the next version of a suite, over the same documents as `make_plan` says."""
    tasks = [f"assay_{name}" for name in benchmarks]
    later = make_suite(
        name=suite.name,
        version=suite.version + 1,
        pins={
            "documents": {
                task: {"count": 240, "root": digest(f"documents {task}")} for task in tasks
            }
        },
    )
    for name in benchmarks:
        make_benchmark(later, name)
    return later
