"""What results have in common besides their board, and what keeps them from being compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from evaluations.models import Result
from evaluations.queries.comparable import Settings, settings_of


class Point(StrEnum):
    """Something that two results may share or not."""

    SUITE = "suite"
    DOCUMENTS = "documents"
    PROMPTS = "prompts"
    HARNESS = "harness"
    ENGINE = "engine"
    PRECISION = "precision"
    TEMPLATE = "template"


#: Where these differ nothing can be paired.
APART = (Point.SUITE, Point.DOCUMENTS)
#: Where these differ, part of a difference may be the software's.
SOFTWARE = (Point.HARNESS, Point.ENGINE, Point.PRECISION)


@dataclass(frozen=True, slots=True)
class Agreement:
    """One point, over all results.

    Attributes:
        values: one a result; of prompts and documents a digest for each task, which nobody reads.
        differing: places of the results whose value is another than the first one's.
    """

    point: Point
    values: Sequence[str]
    differing: Sequence[int]


def agreements(results: Sequence[Result]) -> list[Agreement]:
    """Return every point; the first result is the one that the others are held against.

    Args:
        results: with the suites of their submissions.
    """
    read = [_points(result) for result in results]
    return [_agreement(point, [one[point] for one in read]) for point in Point]


def differing(agreed: Sequence[Agreement], place: int) -> list[Point]:
    """Return in what the result at a place differs from the first."""
    return [one.point for one in agreed if place in one.differing]


def _agreement(point: Point, values: list[str]) -> Agreement:
    return Agreement(point, values, [n for n, value in enumerate(values) if value != values[0]])


def _points(result: Result) -> Mapping[Point, str]:
    settings = _settings(result)
    return {
        Point.SUITE: settings.suite,
        Point.DOCUMENTS: _roots(result.plan, "documents_root"),
        Point.PROMPTS: _roots(result.plan, "requests_root"),
        Point.HARNESS: settings.harness,
        Point.ENGINE: settings.engine,
        Point.PRECISION: settings.precision,
        Point.TEMPLATE: _template(result.plan),
    }


def _settings(result: Result) -> Settings:
    return settings_of(
        str(result.submission.suite),
        result.plan.get("engine") or {},
        result.environment.get("rescored"),
    )


def _roots(plan: Mapping[str, Any], name: str) -> str:
    tasks: Mapping[str, Mapping[str, Any]] = plan.get("tasks") or {}
    return " ".join(f"{task}={tasks[task].get(name)}" for task in sorted(tasks))


def _template(plan: Mapping[str, Any]) -> str:
    """Return the beginning of an applied template's digest; empty where none was applied."""
    template = plan.get("chat_template") or {}
    return str(template.get("sha256") or "")[:12] if template.get("applied") else ""
