"""Loading suites from their YAML, publishing them, and opening boards."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction
from django.utils import timezone

from evaluations import store
from evaluations.errors import AssayError
from evaluations.models import Benchmark, Board, Suite
from evaluations.provenance.canonical import jcs, sha256_hex

_BENCHMARK_FIELDS = (
    "name",
    "title",
    "description",
    "task",
    "num_fewshot",
    "metric",
    "filter",
    "baseline",
    "languages",
    "licence",
)
_SUITE_FIELDS = (
    "name",
    "version",
    "title",
    "description",
    "languages",
    "aggregation",
    "benchmarks",
)


def load_suite(*, path: Path) -> tuple[Suite, bool]:
    """Load a suite from its YAML file and the folder `tasks/` beside it.

    Returns:
        The suite, a draft until it is published, and whether it is new.

    Raises:
        AssayError: if the file is wrong, or if this version was loaded with other contents:
            a changed suite needs a new version, or old scores would seem comparable.
    """
    spec = _read(path)
    folder = path.parent / "tasks"
    files = [
        {
            "path": f"task/{file.relative_to(folder).as_posix()}",
            "size": file.stat().st_size,
            "sha256": store.put_file(file),
        }
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    ]
    digest = sha256_hex(jcs({"spec": spec, "files": files}))
    with transaction.atomic():
        suite, created = Suite.objects.get_or_create(
            name=spec["name"],
            version=spec["version"],
            defaults={
                "title": spec["title"],
                "description": spec["description"],
                "languages": spec["languages"],
                "aggregation": spec["aggregation"],
                "files": files,
                "sha256": digest,
            },
        )
        if suite.sha256 != digest:
            raise AssayError(
                "suite_changed",
                f"{suite} was loaded before with other contents.",
                "Raise the version in the YAML file.",
            )
        if created:
            _add_benchmarks(suite, spec["benchmarks"])
    return suite, created


def _read(path: Path) -> dict[str, Any]:
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
        spec = {field: given[field] for field in _SUITE_FIELDS}
        spec["benchmarks"] = [
            {field: benchmark[field] for field in _BENCHMARK_FIELDS}
            for benchmark in given["benchmarks"]
        ]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise _invalid(f"{path.name} is not a suite: {type(error).__name__}: {error}.") from error
    if spec["aggregation"] != "mean":
        raise _invalid(f"{path.name}: there is no aggregation {spec['aggregation']!r}, only mean.")
    return spec


def _invalid(detail: str) -> AssayError:
    return AssayError("suite_invalid", detail, "See evaluations/demo/suite.yaml for the shape.")


def _add_benchmarks(suite: Suite, specs: Sequence[Mapping[str, Any]]) -> None:
    Benchmark.objects.bulk_create(
        Benchmark(
            suite=suite, position=position, **{field: spec[field] for field in _BENCHMARK_FIELDS}
        )
        for position, spec in enumerate(specs)
    )


def publish(*, suite: Suite) -> None:
    """Pin a suite whose data lie in its own files, and open it to submissions.

    Each benchmark's documents are counted; a plan with another number is refused later.

    Raises:
        AssayError: if a benchmark's data are not among the suite's files.
    """
    files = {file["path"]: file["sha256"] for file in suite.files}
    with transaction.atomic():
        for benchmark in suite.benchmarks.all():
            path = f"task/{benchmark.task}/data/test.jsonl"
            if path not in files:
                raise AssayError(
                    "suite_invalid",
                    f"{suite} has no {path}.",
                    "Only suites with local data can be published.",
                )
            benchmark.documents = store.get_bytes(files[path]).count(b"\n")
            benchmark.save(update_fields=["documents"])
        suite.published_at = suite.published_at or timezone.now()
        suite.save(update_fields=["published_at"])


def open_board(*, slug: str, suite: Suite) -> tuple[Board, bool]:
    """Open a board over a suite; harmless if it is open already.

    Returns:
        The board, and whether it is new.
    """
    return Board.objects.get_or_create(
        slug=slug, defaults={"title": suite.title, "description": suite.description, "suite": suite}
    )
