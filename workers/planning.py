"""From a run to its plan: which pack serves it, what the plan says, how it is cut into units."""

from collections.abc import Mapping
from typing import Any

from evaluations.errors import AssayError
from evaluations.failures import FailureCode
from evaluations.models import Revision, Run
from evaluations.provenance.canonical import jcs, sha256_hex
from evaluations.queries.protocol import protocol
from workers import bundle, engine_lock
from workers.pack import pack_digest

#: Documents per unit, by the kind of request: small enough to share among workers, large enough
#: that claiming costs nothing beside answering. Cut by the task alone, never by the workers.
UNIT_DOCUMENTS = {"generate_until": 32}
_UNIT_DOCUMENTS = 64
#: Documents of a run's first unit: the other workers wait for its end, so it is short.
LEADING_DOCUMENTS = 16
#: Documents that are tried through the whole path before the run.
SMOKE_DOCUMENTS = 10
_WEIGHTS = ".safetensors"


def prompts_digest(run: Run) -> str:
    """Return a digest of all that a run's prompts depend on; equal ones share a pack.

    Without a chat template nothing of the model is among it, and the pack is built before the model
    is touched. With one, all its files but the weights are.
    """
    submission = run.submission
    files = {f["path"]: f["sha256"] for f in submission.revision.files}
    template = {path: digest for path, digest in files.items() if not path.endswith(_WEIGHTS)}
    return sha256_hex(
        jcs(
            {
                "suite": submission.suite.sha256,
                "engine": engine_lock.digest(),
                "seeds": bundle.SEEDS,
                "template": template if submission.chat_template else None,
            }
        )
    )


def same_prompts(digest: str) -> Run | None:
    """Return an earlier run whose pack serves this one too."""
    runs = Run.objects.filter(prompts_sha256=digest).exclude(pack={})
    return runs.order_by("-pk").first()


def check_documents(run: Run, tasks: Mapping[str, Any]) -> None:
    """Hold a pack against the documents that the suite pinned when it was published.

    Args:
        run: whose suite counts.
        tasks: each one's `TaskSummary`, as a mapping.

    Raises:
        AssayError: `task_invalid`.
    """
    for task, pinned in run.submission.suite.pins.get("documents", {}).items():
        planned = tasks[task]
        if planned["documents"] != pinned["count"]:
            detail = f"has {planned['documents']} documents; the suite counted {pinned['count']}."
        elif planned["documents_root"] != pinned["root"]:
            detail = "has other documents than when the suite was published."
        else:
            continue
        raise AssayError(FailureCode.TASK_INVALID, f"{task} {detail}")


def units(tasks: Mapping[str, Any]) -> list[tuple[str, int, int]]:
    """Cut a plan into ranges `(task, first, count)` of documents, the run's first one short."""
    cut: list[tuple[str, int, int]] = []
    for task, planned in tasks.items():
        size = UNIT_DOCUMENTS.get(planned["output_type"], _UNIT_DOCUMENTS)
        first = 0
        while first < planned["documents"]:
            count = min(size if cut else LEADING_DOCUMENTS, planned["documents"] - first)
            cut.append((task, first, count))
            first += count
    return cut


def smoke_documents(tasks: Mapping[str, Any], count: int = SMOKE_DOCUMENTS) -> dict[str, int]:
    """Choose how many of each task's first documents are tried, from tasks of every part and kind.

    Returns:
        For each chosen task 1 or more; `count` together, or fewer where there are not so many.
    """
    names = [name for name, planned in tasks.items() if planned["documents"]]
    most = min(count, len(names))
    spread = [names[place * len(names) // most] for place in range(most)]
    # A model may answer questions of one kind and crash at another.
    of_each_kind = {tasks[name]["output_type"]: name for name in reversed(names)}.values()
    chosen = list(dict.fromkeys([*of_each_kind, *spread]))[:count]
    return {
        name: min(tasks[name]["documents"], count // len(chosen) + (place < count % len(chosen)))
        for place, name in enumerate(chosen)
    }


def document(
    run: Run, tasks: Mapping[str, Any], pack: Mapping[str, str], packages: Mapping[str, str]
) -> dict[str, Any]:
    """Return the contents of `run/plan.json`.

    Args:
        run: the run.
        tasks: see `check_documents`.
        pack: for each task the digest of its file.
        packages: installed versions, by name.
    """
    submission = run.submission
    revision = submission.revision
    return {
        "v": 1,
        "suite": protocol(submission.suite),
        "model": {"name": str(revision.model), "revision": revision.commit},
        "engine": {
            "name": "hf",
            **{name: packages[name] for name in ("lm_eval", "transformers", "torch")},
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
        "tasks": dict(tasks),
    }


def _template_digest(revision: Revision) -> str:
    """Return the digest of the file that holds the chat template; older versions keep it inside."""
    files = {file["path"]: file["sha256"] for file in revision.files}
    return str(files.get("chat_template.jinja") or files["tokenizer_config.json"])


def folders(run: Run) -> list[str]:
    """Return where lm-eval keeps tasks of which a suite, published long ago, has no copies."""
    return list(run.submission.suite.pins.get("folders", []))
