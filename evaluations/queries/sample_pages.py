"""What a reader of samples asks for and gets, wherever they are read from."""

from dataclasses import dataclass, field

from evaluations.tables.samples import Sample


@dataclass(frozen=True, slots=True)
class Wanted:
    """A piece of a task's samples; see `sample_tables.page`."""

    start: int
    count: int
    right: bool | None = None
    search: str = ""
    filter: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows a filter has, and how many are right and wrong by the deciding metric."""

    all: int
    right: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of a task's samples.

    Attributes:
        items: without prompts and documents where they come from a table.
        total: how many are wanted by filter and outcome; None where nobody has counted.
        next: the `start` of the next piece, None at the end.
        stopped: whether looking through them ended early, at `next`, for its time or length.
        tally: None where nobody has counted.
        filters: that the task has; empty where nobody has looked.
    """

    items: list[Sample]
    total: int | None
    next: int | None
    stopped: bool = False
    tally: Tally | None = None
    filters: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Document:
    """One document's samples, one a filter, and the ids of the documents beside it."""

    samples: list[Sample]
    before: int | None
    after: int | None
