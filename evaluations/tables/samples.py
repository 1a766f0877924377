"""What one row of lm-eval's samples file says to a reader: question, target, answer, outcome.

A row is data that a run left behind, so a field that is missing or of another kind becomes None or
empty text. Only what tells rows apart must be there. docs/samples.md describes every field.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from evaluations.tables import choosing

#: Fields of a document that ask something, by how often datasets use them.
_ASKING = (
    "question", "query", "problem", "instruction", "input", "sentence", "text", "premise", "goal",
    "ctx", "prompt", "source", "passage",
)  # fmt: skip
_QUESTION_LENGTH = 2_000


class RowError(ValueError):
    """A line is no sample: not a JSON object, or without `doc_id` or `filter`."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One document under one filter.

    Attributes:
        row: its place in the samples file, which is its leaf's index too.
        question: short text to know it by.
        target: as lm-eval wrote it; for multiple choice often an index.
        answer: the chosen choice, or what the filter made of the generated text.
        choices: None unless lm-eval compared log-likelihoods.
        loglikelihoods: of each choice, in nats.
        chosen: index of the choice; None if there is none, or it can't be told.
        right: what the deciding metric says, None where it is neither 0 nor 1.
        metrics: those that are numbers; NaN means unscored.
        doc_hash, prompt, doc: empty in lists, which don't read them; `doc` is JSON.
    """

    row: int
    doc_id: int
    filter: str
    question: str = ""
    target: str = ""
    answer: str | None = None
    choices: list[str] | None = None
    loglikelihoods: list[float | None] | None = None
    chosen: int | None = None
    right: bool | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    doc_hash: str = ""
    prompt: str = ""
    doc: str = ""


def parse(line: bytes) -> dict[str, Any]:
    """Read a line of a samples file; Python's NaN is known.

    Raises:
        RowError: if it is no sample.
    """
    try:
        row = orjson.loads(line)
    except ValueError:
        row = _slow(line)
    if not isinstance(row, dict):
        raise RowError("the line is no JSON object")
    doc_id, name = row.get("doc_id"), row.get("filter")
    if type(doc_id) is not int or not -(2**63) <= doc_id < 2**63:
        raise RowError("the row has no doc_id")
    if not isinstance(name, str):
        raise RowError("the row has no filter")
    return row


def _slow(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RowError(f"the line is not JSON: {error}") from None


def metrics_of(row: Mapping[str, Any]) -> dict[str, float]:
    """Return the metrics of a row that are numbers."""
    names = row.get("metrics")
    found = {}
    for name in names if isinstance(names, list) else []:
        value = row.get(name) if isinstance(name, str) else None
        if isinstance(value, int | float):
            found[clean(name)] = _double(value)
    return found


def _double(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer beyond the largest double
        return math.inf if value > 0 else -math.inf


def sample(number: int, row: Mapping[str, Any], deciding: str | None) -> Sample:
    """Turn a parsed row into what readers see.

    Args:
        number: the row's place in its file.
        row: from `parse`.
        deciding: the metric that says whether it is right; by default the row's first that can.
    """
    metrics = metrics_of(row)
    decides = _decides(metrics, deciding)
    right = None if decides is None else metrics[decides] == 1.0
    prompts, continuations = _arguments(row.get("arguments"))
    prompt = clean(prompts[0]) if prompts else ""
    target = text_of(row.get("target"))
    made = Sample(
        row=number,
        doc_id=row["doc_id"],
        filter=clean(row["filter"]),
        question=_question(row.get("doc"), prompt),
        target=target,
        right=right,
        metrics=metrics,
        doc_hash=text_of(row.get("doc_hash")),
        prompt=prompt,
        doc=clean(json.dumps(row.get("doc"), ensure_ascii=False, indent=1)),
    )
    offered = choosing.offered(prompts, continuations, row.get("filtered_resps"))
    if offered is None:
        return replace(made, answer=_answer(row.get("filtered_resps")))
    chosen = choosing.chosen(offered, decides, target, right)
    choices = [clean(text) for text in offered.choices]
    return replace(
        made,
        choices=choices or None,
        loglikelihoods=offered.loglikelihoods,
        chosen=chosen,
        answer=None if chosen is None else choices[chosen],
    )


def _decides(metrics: Mapping[str, float], deciding: str | None) -> str | None:
    """Return the metric that says right or wrong: the named one, else the first that can."""
    if deciding is not None and deciding in metrics:
        return deciding if metrics[deciding] in {0.0, 1.0} else None
    return next((name for name, value in metrics.items() if value in {0.0, 1.0}), None)


def _arguments(named: Any) -> tuple[list[str], list[Any]]:
    """Return every request's context and what follows it."""
    listed = list(named.values()) if isinstance(named, dict) else []
    asked = [one for one in listed if isinstance(one, dict)]
    contexts = [one.get("arg_0") for one in asked]
    return [text for text in contexts if isinstance(text, str)], [o.get("arg_1") for o in asked]


def _answer(filtered: Any) -> str | None:
    """Return what a filter made of what the model wrote; of several samples, each on a line."""
    if isinstance(filtered, list) and len(filtered) == 1:
        filtered = filtered[0]
    if isinstance(filtered, list) and all(isinstance(one, str) for one in filtered):
        return clean("\n".join(filtered)) if filtered else None
    return None if filtered is None else text_of(filtered)


def _question(doc: Any, prompt: str) -> str:
    """Return what the document asks, else the end of the prompt: examples stand before it."""
    fields = doc if isinstance(doc, dict) else {}
    texts = (fields.get(name) for name in _ASKING)
    found = next((text for text in texts if isinstance(text, str) and text.strip()), None)
    if found is not None:
        return clean(found.strip()[:_QUESTION_LENGTH])
    return prompt.rstrip().rpartition("\n\n")[2].strip()[-_QUESTION_LENGTH:]


def text_of(value: Any) -> str:
    """Return text as it is, nothing as empty text, and anything else as JSON."""
    if value is None:
        return ""
    return clean(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def clean(text: str) -> str:
    """Replace halves of surrogate pairs, which no UTF-8 can hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def deciding_metrics(components: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return each task's metric that its benchmark counts, from `Benchmark.components`."""
    found: dict[str, str] = {}
    for component in components:
        found.setdefault(component["task"], component["metric"])
    return found
