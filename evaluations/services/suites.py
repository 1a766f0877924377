"""Loading suites from their YAML, publishing them, and opening boards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from evaluations import store
from evaluations.errors import AssayError
from evaluations.licences import may_redistribute
from evaluations.models import Benchmark, Board, Suite
from evaluations.provenance.canonical import jcs, sha256_hex
from evaluations.services import log
from evaluations.specification import NOTES, SuiteSpec, read_suite


@dataclass(frozen=True, slots=True)
class Survey:
    """What publication finds out about a suite, with lm-eval and the hub at hand.

    Attributes:
        lm_eval: its version; the tasks' definitions are its own.
        tasks: what lm-eval is to be asked for, see `Suite.tasks`.
        files: more files for the suite's folder, by their path below `task/`: the group that
            pins the tasks, and copies of lm-eval's own definitions.
        leaves: of each benchmark by name, the tasks that it stands for, in lm-eval's order.
        documents: of each leaf how many documents it has, and their root (docs/bundle.md).
        datasets: `[{path, revision}]`, each pinned to a commit of the hub.
        unsafe_code: tasks that run code which a model wrote.
    """

    lm_eval: str
    tasks: list[str]
    files: Mapping[str, bytes]
    leaves: Mapping[str, list[str]]
    documents: Mapping[str, tuple[int, str]]
    datasets: list[dict[str, str]]
    unsafe_code: list[str] = field(default_factory=list)


def load_suite(*, path: Path) -> tuple[Suite, bool]:
    """Load a suite from its YAML file and the folder `tasks/` beside it, if there is one.

    Returns:
        The suite, a draft until it is published, and whether it is new.

    Raises:
        AssayError: if the file is wrong, or if this version was loaded with other contents:
            a changed suite needs a new version, or old scores would seem comparable. Citations and
            canaries decide no score: those of a suite that is here already are brought up to date.
    """
    spec = read_suite(path)
    folder = path.parent / "tasks"
    files = [_stored(file, folder) for file in sorted(folder.rglob("*")) if _belongs(file, folder)]
    scored = spec.model_dump(exclude={"benchmarks": {"__all__": set(NOTES)}})
    digest = sha256_hex(jcs({"spec": scored, "files": files}))
    with transaction.atomic():
        suite, created = Suite.objects.get_or_create(
            name=spec.name,
            version=spec.version,
            defaults={
                **spec.model_dump(exclude={"name", "version", "benchmarks"}),
                "files": files,
                "source_sha256": digest,
            },
        )
        if suite.source_sha256 != digest:
            raise AssayError(
                "suite_changed",
                f"{suite} was loaded before with other contents.",
                "Raise the version in the YAML file.",
            )
        if created:
            Benchmark.objects.bulk_create(
                Benchmark(
                    suite=suite,
                    position=position,
                    metrics=benchmark.metric,
                    **benchmark.model_dump(exclude={"metric"}),
                )
                for position, benchmark in enumerate(spec.benchmarks)
            )
        else:
            _note(suite, spec)
    return suite, created


def _note(suite: Suite, spec: SuiteSpec) -> None:
    told = {benchmark.name: benchmark for benchmark in spec.benchmarks}
    stored = list(suite.benchmarks.all())
    for benchmark in stored:
        benchmark.citation = told[benchmark.name].citation
        benchmark.canary = told[benchmark.name].canary
    Benchmark.objects.bulk_update(stored, sorted(NOTES))


def _belongs(file: Path, folder: Path) -> bool:
    parts = file.relative_to(folder).parts
    return file.is_file() and not any(p.startswith(".") or p == "__pycache__" for p in parts)


def _stored(file: Path, folder: Path) -> dict[str, Any]:
    return {
        "path": f"task/{file.relative_to(folder).as_posix()}",
        "size": file.stat().st_size,
        "sha256": store.put_file(file),
    }


def publish(*, suite: Suite, survey: Survey) -> None:
    """Pin a suite for good and open it to submissions; harmless if it is published already.

    Raises:
        AssayError: if a benchmark stands for another number of tasks than its YAML says.
    """
    with transaction.atomic():
        suite.refresh_from_db(from_queryset=Suite.objects.select_for_update())
        if not suite.is_draft:
            return
        for benchmark in suite.benchmarks.all():
            _resolve(benchmark, survey)
        suite.files = sorted(
            suite.files
            + [
                {"path": f"task/{path}", "size": len(data), "sha256": store.put_bytes(data)}
                for path, data in survey.files.items()
            ],
            key=lambda file: str(file["path"]),
        )
        suite.tasks = survey.tasks
        suite.pins = {
            "lm_eval": survey.lm_eval,
            "datasets": survey.datasets,
            "documents": {
                leaf: {"count": count, "root": root}
                for leaf, (count, root) in sorted(survey.documents.items())
            },
        }
        if survey.unsafe_code:
            suite.pins["unsafe_code"] = survey.unsafe_code
        source = {"source": suite.source_sha256, "files": suite.files, "tasks": suite.tasks}
        suite.sha256 = sha256_hex(jcs(source | {"pins": suite.pins}))
        suite.published_at = timezone.now()
        suite.save()
        log.benchmark(suite)


def _resolve(benchmark: Benchmark, survey: Survey) -> None:
    leaves = survey.leaves[benchmark.name]
    if len(leaves) != benchmark.leaves:
        raise AssayError(
            "suite_invalid",
            f"{benchmark.task} stands for {len(leaves)} tasks; the suite says {benchmark.leaves}.",
            "Correct `leaves` in the YAML file and raise the suite's version.",
        )
    benchmark.components = [
        {
            "task": leaf,
            "metric": metric,
            "filter": benchmark.filter,
            "baseline": benchmark.baselines.get(leaf, benchmark.baseline),
        }
        for leaf in leaves
        for metric in benchmark.metrics
    ]
    benchmark.withheld |= not may_redistribute(benchmark.licence)
    benchmark.documents = sum(survey.documents[leaf][0] for leaf in leaves)
    benchmark.save(update_fields=["components", "documents", "withheld"])


def open_board(*, slug: str, suite: Suite) -> tuple[Board, bool]:
    """Open a board over a suite; harmless if it is open already.

    Returns:
        The board, and whether it is new.

    Raises:
        AssayError: if the slug can't stand in an address, or its board is over another suite.
    """
    try:
        Board._meta.get_field("slug").clean(slug, None)
    except ValidationError as error:
        raise AssayError(
            "board_invalid",
            f"{slug!r} is no name for a board.",
            "Use letters, digits, hyphens and underscores, at most 50.",
        ) from error
    board, created = Board.objects.select_related("suite").get_or_create(
        slug=slug, defaults={"title": suite.title, "description": suite.description, "suite": suite}
    )
    if board.suite != suite:
        raise AssayError(
            "board_taken",
            f"The board {slug} is over {board.suite}, and a board keeps its suite.",
            f"Open {suite} under another name; to another version of its suite a board moves with "
            "its results: manage.py rescore --board.",
        )
    return board, created
