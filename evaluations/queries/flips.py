"""The documents that two results are scored differently on, counted and one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluations.models import Benchmark, Result
from evaluations.queries import sample_tables
from evaluations.queries.outcomes import by_document
from evaluations.queries.sample_tasks import SampledTask, tasks
from evaluations.scoring.pairs import Flips, flips
from evaluations.scoring.parts import Numbers
from evaluations.scoring.significance import mcnemar
from evaluations.tables.samples import Sample

#: Where the other's score is lower than the baseline's, or higher.
Direction = Literal["lost", "gained"]
DIRECTIONS: tuple[Direction, ...] = ("lost", "gained")


@dataclass(frozen=True, slots=True, eq=False)
class TaskFlips:
    """One task's.

    Attributes:
        first, second: the task as either result has it.
        scores: (2, documents), in the order of the documents' ids.
    """

    first: SampledTask
    second: SampledTask
    scores: Numbers
    flips: Flips

    @property
    def binary(self) -> bool:
        """Whether every score is 0 or 1."""
        return self.flips.mcnemar_p is not None

    def places(self, direction: Direction | None) -> NDArray[np.intp]:
        """Return where among the documents flips of a direction are, by default of both."""
        if direction is None:
            return np.sort(np.concatenate([self.flips.lost, self.flips.gained]))
        return self.flips.lost if direction == "lost" else self.flips.gained

    def count(self, direction: Direction | None = None) -> int:
        """Return how many there are."""
        lost, gained = len(self.flips.lost), len(self.flips.gained)
        return {"lost": lost, "gained": gained, None: lost + gained}[direction]


@dataclass(frozen=True, slots=True)
class Square:
    """The same items both ways: how often both results are right, only one of them, or neither."""

    both: int
    lost: int
    gained: int
    neither: int

    @property
    def items(self) -> int:
        """How many there are."""
        return self.both + self.flipped + self.neither

    @property
    def flipped(self) -> int:
        """How many flipped."""
        return self.lost + self.gained

    @property
    def p(self) -> float:
        """McNemar's exact test that a flip either way is as likely, by itself."""
        return mcnemar(self.lost, self.gained)


@dataclass(frozen=True, slots=True)
class Item:
    """One document that flipped, with both answers to it."""

    task: SampledTask
    doc_id: int
    values: tuple[float, float]
    first: Sample
    second: Sample


def task_flips(first: Result, second: Result, benchmarks: Sequence[Benchmark]) -> list[TaskFlips]:
    """Return the flips of every task that both results have scores of, document by document.

    Args:
        first: the baseline, with the benchmarks of its suite prefetched.
        second: of the same suite, over the same documents.
        benchmarks: in the order wanted.
    """
    pairs = {task.name: task for task in tasks(first)}, {task.name: task for task in tasks(second)}
    return [
        TaskFlips(pairs[0][name], pairs[1][name], scores, flips(scores[0], scores[1]))
        for benchmark in benchmarks
        for name, scores in by_document([first, second], benchmark).items()
    ]


def square(found: Sequence[TaskFlips]) -> Square | None:
    """Return the items of some tasks together; None unless every score is 0 or 1."""
    if not found or not all(one.binary for one in found):
        return None
    both = sum(int(np.logical_and(one.scores[0], one.scores[1]).sum()) for one in found)
    items = sum(one.scores.shape[1] for one in found)
    lost, gained = (sum(one.count(direction) for one in found) for direction in DIRECTIONS)
    return Square(both, lost, gained, items - both - lost - gained)


def items(found: Sequence[TaskFlips], direction: Direction | None, piece: slice) -> list[Item]:
    """Return a piece of the documents that flipped, task by task; texts are read of these only.

    Args:
        found: tasks that may be read.
        direction: which, by default both.
        piece: `start` and `stop` among them all.

    Raises:
        ArtefactMissingError: if the store has lost a table, or it can't be read.
    """
    listed: list[Item] = []
    before, start, stop = 0, int(piece.start), int(piece.stop)
    for one in found:
        places = one.places(direction)
        wanted = places[max(0, start - before) : max(0, stop - before)]
        before += len(places)
        if len(wanted):
            listed += _items(one, wanted)
    return listed


def _items(one: TaskFlips, places: NDArray[np.intp]) -> list[Item]:
    doc_ids, first = sample_tables.at(one.first, places)
    _, second = sample_tables.at(one.second, places)
    values = one.scores[:, places].T.tolist()
    return [
        Item(one.first, doc_id, (value[0], value[1]), a, b)
        for doc_id, value, a, b in zip(doc_ids, values, first, second, strict=True)
    ]
