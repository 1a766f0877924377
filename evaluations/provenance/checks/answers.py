"""Check 11, its first half: each sample's metrics again, from its responses."""

from collections.abc import Mapping
from typing import Any

from evaluations.provenance.documents import TaskPlan
from evaluations.provenance.rescore.filters import (
    NotRecomputableError,
    Step,
    UnreadableError,
    apply_steps,
    as_logged,
    filter_steps,
)
from evaluations.provenance.rescore.metrics import Scorer, scorer_for
from evaluations.provenance.rows import Row

_NUMBERS = frozenset({int, float})


class Answers:
    """Watches a task's rows pass by, scores them again, and keeps what the task's values need.

    Attributes:
        fault: the first thing that was wrong, or None.
        values: of each metric and filter, every sample's value in order.
        computed: the metrics and filters whose every value was computed from responses.
        gaps: what was taken from the rows as it stands, and why.
    """

    def __init__(self, plan: TaskPlan, config: Mapping[str, Any], *, chat_template: bool) -> None:
        self.fault: str | None = None
        self.values: dict[tuple[str, str], list[Any]] = {}
        self.gaps: dict[str, str] = {}
        self._plan = plan
        self._config = config
        self._chat_template = chat_template
        self._first: Row | None = None
        self._scorer: Scorer | None = None
        self._steps: dict[str, list[Step] | None] = {}
        self._recorded: set[tuple[str, str]] = set()

    @property
    def computed(self) -> set[tuple[str, str]]:
        """The metrics and filters that were computed from responses throughout."""
        return set(self.values) - self._recorded

    def add(self, row: Row) -> None:
        """Take note of the next row."""
        if self.fault is not None:
            return
        try:
            self._next(row)
        except UnreadableError as error:
            self.fault = f"document {row.doc_id} (filter {row.filter!r}): {error}"

    def finish(self) -> None:
        """Take note that there are no more rows."""

    def _next(self, row: Row) -> None:
        if self._first is None:
            self._first = row
            self._scorer = self._make_scorer(row)
        filtered = self._filtered(row)
        again = self._score(row, filtered)
        for metric, value in again.items():
            if metric not in row.metrics or not _same(row.values[metric], value):
                said = row.values.get(metric) if metric in row.metrics else None
                raise UnreadableError(f"{metric} is said to be {said}, its responses give {value}")
        for metric in row.metrics:
            key = (metric, row.filter)
            self.values.setdefault(key, []).append(row.values[metric])
            if metric not in again:
                self._recorded.add(key)

    def _make_scorer(self, row: Row) -> Scorer | None:
        try:
            return scorer_for(self._config, row, chat_template=self._chat_template)
        except NotRecomputableError as error:
            self.gaps["metrics"] = str(error)
            return None

    def _filtered(self, row: Row) -> list[Any]:
        """Return each request's filtered response, computed from its responses where possible."""
        if not len(row.arguments) == len(row.resps) == len(row.filtered):
            raise UnreadableError("it has not one list of responses for each request")
        if row.filter not in self._steps:
            self._steps[row.filter] = self._make_steps(row.filter)
        steps = self._steps[row.filter]
        repeats = self._plan.repeats
        for responses in row.resps:
            if type(responses) is not list or len(responses) != repeats:
                raise UnreadableError(f"a request has not {repeats} responses")
        if steps is None:
            return row.filtered
        filtered = [apply_steps(steps, resps) for resps in row.resps]
        if filtered != row.filtered and as_logged(filtered) != row.filtered:
            raise UnreadableError("the filtered responses do not follow from the responses")
        return filtered

    def _make_steps(self, name: str) -> list[Step] | None:
        try:
            return filter_steps(self._config, name)
        except NotRecomputableError as error:
            self.gaps[f"filter {name!r}"] = str(error)
            return None

    def _score(self, row: Row, filtered: list[Any]) -> dict[str, Any]:
        if self._scorer is None:
            return {}
        try:
            return self._scorer.score(row, filtered)
        except NotRecomputableError as error:
            self.gaps["metrics"] = str(error)
            return {}


def _same(said: Any, computed: Any) -> bool:
    if isinstance(computed, list):
        return bool(said == computed)
    return type(said) in _NUMBERS and bool(said == computed)
