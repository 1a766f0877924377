"""One row of a samples file, as lm-eval's `EvaluationTracker.save_results_samples` writes it."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from evaluations.provenance.canonical import DuplicateKeyError, document_digest
from evaluations.provenance.documents import FormError, count, take


class RowSyntaxError(ValueError):
    """A line is not one JSON object with unique keys."""


@dataclass(frozen=True, slots=True)
class Row:
    """A sample of one document under one filter.

    Attributes:
        doc_digest: `doc_hash`, computed again from `doc`.
        arguments: of each request, in order of its index.
        resps: of each request, its responses (one per repeat), as text.
        filtered: of each request, what the filter made of them, as text.
        metrics: the names of the metrics that lm-eval computed.
        values: the whole row, where each metric's value stands under its name.
    """

    doc_id: int
    doc: Any
    doc_digest: str
    target: str
    arguments: list[list[Any]]
    resps: list[Any]
    filtered: list[Any]
    filter: str
    metrics: list[str]
    doc_hash: str
    prompt_hash: str
    target_hash: str
    values: dict[str, Any]


def parse_row(line: bytes) -> Row:
    """Read one line.

    Raises:
        RowSyntaxError: if it is not JSON, or names a key twice.
        FormError: if it has not the fields of lm-eval's rows.
    """
    values = _fast(line)
    doc = values.get("doc")
    metrics = take(values, "metrics", list)
    if not all(isinstance(name, str) and name in values for name in metrics):
        raise FormError("'metrics' names a metric that has no value")
    if len(set(metrics)) != len(metrics):
        raise FormError("'metrics' names a metric twice")
    return Row(
        doc_id=count(values, "doc_id"),
        doc=doc,
        doc_digest=_doc_digest(doc),
        target=take(values, "target", str),
        arguments=_arguments(take(values, "arguments", dict)),
        resps=take(values, "resps", list),
        filtered=take(values, "filtered_resps", list),
        filter=take(values, "filter", str),
        metrics=metrics,
        doc_hash=take(values, "doc_hash", str),
        prompt_hash=take(values, "prompt_hash", str),
        target_hash=take(values, "target_hash", str),
        values=values,
    )


def _arguments(named: dict[str, Any]) -> list[list[Any]]:
    """Turn `{"gen_args_0": {"arg_0": …}}` back into the lists that it was made from."""
    listed = [_numbered(named, "gen_args_", index) for index in range(len(named))]
    if not listed or not all(isinstance(one, dict) for one in listed):
        raise FormError("'arguments' is empty or holds no arguments")
    return [[_numbered(one, "arg_", index) for index in range(len(one))] for one in listed]


def _numbered(named: dict[str, Any], prefix: str, index: int) -> Any:
    key = f"{prefix}{index}"
    if key not in named:
        raise FormError(f"'arguments' lacks {key}")
    return named[key]


def _fast(line: bytes) -> dict[str, Any]:
    """Parse with orjson, and see that the line is what lm-eval would write for what was parsed.

    orjson keeps the last of two equal keys and rounds integers beyond 64 bits, without a word; but
    a line that equals the encoding of what was parsed holds neither. Any other line is left to the
    strict parser, which takes longer.
    """
    try:
        values = orjson.loads(line)
        if isinstance(values, dict) and _encoded(values) == line:
            return values
    except (ValueError, TypeError, AttributeError, RecursionError):
        pass  # NaN, great depth: rare, and the strict parser can tell right from wrong there
    return _slow(line)


def _encoded(values: dict[str, Any]) -> bytes:
    """Encode a row as lm-eval does; orjson writes text alike and is faster with long prompts."""
    names = list(values)
    place = names.index("arguments")
    before = {name: values[name] for name in names[:place]}
    after = {name: values[name] for name in names[place + 1 :]}
    requests = ((name, one.items()) for name, one in values["arguments"].items())
    arguments = (b"%b: {%b}" % (_text(name), b", ".join(_pairs(one))) for name, one in requests)
    parts = [_dump(before)[1:-1], b'"arguments": {%b}' % b", ".join(arguments), _dump(after)[1:-1]]
    return b"{%b}" % b", ".join(part for part in parts if part)


def _pairs(items: Iterable[tuple[str, Any]]) -> Iterator[bytes]:
    for name, value in items:
        yield b"%b: %b" % (_text(name), _text(value) if isinstance(value, str) else _dump(value))


_text = orjson.dumps
#: Made once: `json.dumps` makes a new encoder for each call with settings of its own.
_ENCODER = json.JSONEncoder(ensure_ascii=False)


def _dump(value: Any) -> bytes:
    return _ENCODER.encode(value).encode()


def _slow(line: bytes) -> dict[str, Any]:
    try:
        values = json.loads(line.decode(), object_pairs_hook=_unique)
        json.dumps(values, ensure_ascii=False).encode()  # raises for text that is no Unicode
    except (ValueError, RecursionError) as error:
        raise RowSyntaxError(f"it is not strict JSON: {error}") from None
    if not isinstance(values, dict):
        raise RowSyntaxError("it is no JSON object")
    return values


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise DuplicateKeyError("a key occurs twice in one object")
    return made


def _doc_digest(doc: Any) -> str:
    try:
        return document_digest(doc)
    except RecursionError:
        raise RowSyntaxError("its document is nested too deeply") from None
