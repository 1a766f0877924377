"""Several results of one board with their samples, so that they can be paired."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from evaluations.models import Board, Result
from evaluations.services import sample_tables
from evaluations.services.standings import touch
from tests import factories
from tests.bundles import line
from tests.history import rewriting
from tests.samples import bundle_of, choice

#: By task, each document's score.
Scores = Mapping[str, Sequence[float]]


def make_measured(
    tasks: Sequence[str],
    *,
    withheld: Sequence[str] = (),
    languages: Sequence[str] = ("en",),
    **fields: Any,
) -> Board:
    """Make a board over these tasks, each a benchmark of its own."""
    suite = factories.make_suite()
    for task in tasks:
        factories.make_benchmark(
            suite, task.replace("_", "-").lower()[:50], task=task, title=task.capitalize(),
            withheld=task in withheld, languages=list(languages), baseline=0.0,
            components=[{"task": task, "metric": "acc", "filter": "none", "baseline": 0.0}],
        )  # fmt: skip
    return factories.make_board(suite=suite, benchmarks=(), **fields)


def row(doc_id: int, score: float, question: str = "Which?") -> dict[str, Any]:
    """A document whose first choice is right."""
    made = choice(
        doc_id, question, ["red", "blue"], answers=[-1.0, -2.0] if score else [-2.0, -1.0]
    )
    return made | {"acc": score}


def make_scored(
    board: Board, scores: Scores, *, name: str = "", tables: bool = True,
    questions: Mapping[int, str] | None = None, start: int = 0, **fields: Any,
) -> Result:  # fmt: skip
    """Publish a result whose values follow from its documents' scores.

    Args:
        board: from `make_measured`.
        scores: by task.
        name: the model's.
        tables: whether its samples are in tables.
        questions: of documents, by id.
        start: the first document's id.
    """
    rows = {
        task: [row(n, one, (questions or {}).get(n, "Which?")) for n, one in enumerate(each, start)]
        for task, each in scores.items()
    }
    closed = {b.task for b in board.suite.benchmarks.all() if b.withheld}
    means = {b.name: float(np.mean(scores[b.task])) for b in board.suite.benchmarks.all()}
    result = factories.make_result(
        board=board,
        value=float(np.mean(list(means.values()))),
        scores=means,
        bundle=bundle_of(rows, kept=[task for task in rows if task not in closed]),
        revision=factories.make_revision(factories.make_model(name)),
        **fields,
    )
    if tables:
        sample_tables.derive(result=result)
        _seal(result, {task: rows[task] for task in closed})
    return result


def _seal(result: Result, rows: Mapping[str, Sequence[Any]]) -> None:
    """Make the tables of withheld tasks, as a worker does before the bundle is written."""
    with TemporaryDirectory() as folder:
        made = [
            sample_tables.make(
                task=task,
                lines=partial(map, line, each),
                folder=Path(folder),
                deciding="acc",
                withheld=True,
            )
            for task, each in rows.items()
        ]
    sample_tables.record(result=result, tables=made)


def replan(result: Result, **changes: Any) -> None:
    """Change what a result's plan says, such as `engine={"dtype": "bfloat16"}`."""
    plan = result.plan
    for name, change in changes.items():
        plan[name] = plan[name] | change
    with rewriting():
        Result.objects.filter(pk=result.pk).update(plan=plan)
    touch(result.board_id)


def other_documents(result: Result, task: str) -> None:
    """Let a result say that it was asked other documents of a task."""
    tasks = result.plan["tasks"]
    replan(result, tasks={task: tasks[task] | {"documents_root": "another"}})
