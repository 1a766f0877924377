"""Recorded answers: one JSON line per answer, bound to its question by the question's digest."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evaluations.errors import AssayError
from evaluations.failures import FailureCode
from workers.pack import Document


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered to one request.

    Attributes:
        repeat: counts from 0 where a task asks the same request several times.
        args_sha256: the request's digest; an answer to another question can't pass for this one.
        response: `[log-likelihood, is_greedy]` in nats, or the generated text.
    """

    doc_id: int
    idx: int
    repeat: int
    args_sha256: str
    response: Any


def encode(answers: Iterable[Answer]) -> bytes:
    """Return the answers as JSON lines; a float's digits are its shortest exact form."""
    return b"".join(
        json.dumps(asdict(answer), ensure_ascii=False, allow_nan=False).encode() + b"\n"
        for answer in answers
    )


def read(path: Path) -> Iterator[Answer]:
    """Yield the answers of one file."""
    with path.open("rb") as file:
        for line in file:
            yield Answer(**json.loads(line))


def collect(files: Iterable[Path], documents: Iterable[Document], repeats: int) -> list[Answer]:
    """Return the answers of a task in the plan's order: by document, request, repeat.

    Raises:
        AssayError: `incomplete_answers` unless every planned answer is there exactly once, and
            nothing else; `plan_mismatch` if one belongs to another question.
    """
    found: dict[tuple[int, int, int], Answer] = {}
    for path in files:
        for answer in read(path):
            key = (answer.doc_id, answer.idx, answer.repeat)
            if key in found:
                raise AssayError(FailureCode.INCOMPLETE_ANSWERS, f"answer {key} was recorded twice")
            found[key] = answer
    ordered = []
    for document in documents:
        for request in document.requests:
            for repeat in range(repeats):
                key = (document.doc_id, request.idx, repeat)
                given = found.pop(key, None)
                if given is None:
                    raise AssayError(FailureCode.INCOMPLETE_ANSWERS, f"answer {key} is missing")
                if given.args_sha256 != request.digest:
                    raise AssayError(
                        FailureCode.PLAN_MISMATCH, f"answer {key} belongs to another question"
                    )
                ordered.append(given)
    if found:
        raise AssayError(
            FailureCode.INCOMPLETE_ANSWERS, f"{len(found)} answers belong to no planned question"
        )
    return ordered
