"""One row of a samples file, as lm-eval's `EvaluationTracker.save_results_samples` writes it."""

import json
from dataclasses import dataclass
from typing import Any

import orjson

from evaluations.provenance.canonical import DuplicateKeyError, document_digest, sha256_hex
from evaluations.provenance.documents import FormError, count, take


class RowSyntaxError(ValueError):
    """A line is not one JSON object with unique keys."""


@dataclass(slots=True)
class Row:
    """A sample of one document under one filter.

    Attributes:
        doc_digest: `doc_hash`, computed again from `doc`.
        arguments: of each request, in order of its index.
        resps: of each request, its responses (one per repeat), as text.
        filtered: of each request, what the filter made of them, as text.
        metrics: the names of the metrics that lm-eval computed.
        values: the whole row, where each metric's value stands under its name.
        context: the first request's as JSON, if all requests may have it; else empty.
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
    context: bytes


def parse_row(line: bytes) -> Row:
    """Read one line.

    Raises:
        RowSyntaxError: if it is not JSON, or names a key twice.
        FormError: if it has not the fields of lm-eval's rows.
    """
    values, context = _fast(line)
    for name, kind in _FIELDS:
        if type(values.get(name)) is not kind:
            take(values, name, kind)  # which says what is wrong
    doc, metrics = values.get("doc"), values["metrics"]
    for name in metrics:
        if type(name) is not str or name not in values:
            raise FormError("'metrics' names a metric that has no value")
    if len(set(metrics)) != len(metrics):
        raise FormError("'metrics' names a metric twice")
    return Row(
        count(values, "doc_id"),
        doc,
        _doc_digest(doc),
        values["target"],
        _arguments(values["arguments"]),
        values["resps"],
        values["filtered_resps"],
        values["filter"],
        metrics,
        values["doc_hash"],
        values["prompt_hash"],
        values["target_hash"],
        values,
        context,
    )


def _arguments(named: dict[str, Any]) -> list[list[Any]]:
    """Turn `{"gen_args_0": {"arg_0": …}}` back into the lists that it was made from."""
    if list(named) == _NAMES[: len(named)]:
        listed = list(named.values())
    else:
        listed = [_numbered(named, "gen_args_", index) for index in range(len(named))]
    made = []
    for one in listed:
        if type(one) is not dict:
            break
        if [*one] == _PAIR:
            made.append([*one.values()])
        else:
            made.append([_numbered(one, "arg_", index) for index in range(len(one))])
    if not made or len(made) < len(listed):
        raise FormError("'arguments' is empty or holds no arguments")
    return made


def _numbered(named: dict[str, Any], prefix: str, index: int) -> Any:
    key = f"{prefix}{index}"
    if key not in named:
        raise FormError(f"'arguments' lacks {key}")
    return named[key]


def _fast(line: bytes) -> tuple[dict[str, Any], bytes]:
    """Parse with orjson, and see that nothing was lost on the way.

    orjson keeps the last of two equal keys and rounds integers beyond 64 bits, without a word.
    Where the text isn't what orjson itself would write, the strict parser reads it, more slowly.

    Returns:
        The row, and its first context as it stands in the line, or nothing.
    """
    try:
        if (found := _shared(line)) is not None:
            return found
        values = orjson.loads(line)
        if isinstance(values, dict) and _is_told_once(values, line):
            return values, b""
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        pass  # NaN, great depth: rare, and the strict parser can tell right from wrong there
    return _slow(line), b""


def _shared(line: bytes) -> tuple[dict[str, Any], bytes] | None:
    """Parse a row whose requests repeat one long context, which is read once only.

    The context is cut out as a whole token of JSON: what comes before it, a brace and then an
    unescaped quote, can stand within no text. Where anything is unusual, there is no result.
    """
    start = line.find(_BEFORE) + len(_BEFORE) - 1
    end = line.find(b'"', start + 1) + 1
    if line[end - 2 : end - 1] == b"\\":
        end = line.find(_BEHIND, start + 1) + 1
    if start < len(_BEFORE) or end - start < _WORTH_IT:
        return None
    literal = line[start:end]
    short, replaced = _cut(line, literal, start)
    context, values = orjson.loads(literal), orjson.loads(short)
    if orjson.dumps(context) != literal or not _is_told_once(values, short):
        return None
    if short.count(_PLACE_BYTE) != replaced:
        return None
    for arguments in values["arguments"].values():
        if arguments["arg_0"] == _PLACE:
            arguments["arg_0"] = context
            replaced -= 1
    return None if replaced else (values, literal)


def _cut(line: bytes, literal: bytes, start: int) -> tuple[bytes, int]:
    """Put the stand-in where a context begins, there and in the arguments that follow at once."""
    parts, behind, size = [], 0, len(literal)
    while line.startswith(literal, start):
        parts.append(line[behind:start])
        behind = start + size
        start = line.find(_ARGUMENT, behind) + len(_ARGUMENT)
        if start < len(_ARGUMENT):
            break
    parts.append(line[behind:])
    return _STAND_IN.join(parts), len(parts) - 1


def _is_told_once(values: Any, text: bytes) -> bool:
    """Tell whether a text holds nothing but what was parsed of it, spaces apart.

    Encoded again, the same tokens come in the same order; so there are as many keys as in the
    text, and no number is another one.
    """
    return orjson.dumps(values).replace(b" ", b"") == text.replace(b" ", b"")


#: A character that hardly any text has stands in for a context; a row that has it elsewhere isn't
#: shortened.
_PLACE = "\x7f"
_PLACE_BYTE = _PLACE.encode()
_STAND_IN = orjson.dumps(_PLACE)
_ARGUMENT = b'{"arg_0": '
_BEFORE, _BEHIND = b'"arguments": {"gen_args_0": ' + _ARGUMENT + b'"', b'", "arg_1": '
_WORTH_IT = 200
_LARGE = 2**53
#: What nearly all rows have; others are looked at one by one.
_PAIR = ["arg_0", "arg_1"]
_NAMES = [f"gen_args_{index}" for index in range(64)]
_FIELDS: tuple[tuple[str, type[Any]], ...] = (
    ("metrics", list), ("target", str), ("arguments", dict), ("resps", list),
    ("filtered_resps", list), ("filter", str), ("doc_hash", str), ("prompt_hash", str),
    ("target_hash", str),
)  # fmt: skip


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
        if _is_plain(doc):
            return sha256_hex(orjson.dumps(doc, option=orjson.OPT_INDENT_2))
        return document_digest(doc)
    except RecursionError:
        raise RowSyntaxError("its document is nested too deeply") from None


def _is_plain(value: Any) -> bool:
    """Tell whether orjson writes a value as the standard library does: it may differ in numbers."""
    kind = type(value)
    if kind is dict:
        value = value.values()
    elif kind is not list:
        small = kind is int and -_LARGE < value < _LARGE
        return small or kind is str or kind is bool or value is None
    for item in value:  # noqa: SIM110  faster than all()
        if type(item) is not str and not _is_plain(item):
            return False
    return True
