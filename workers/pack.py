"""The pack: every document and request of a plan, frozen as one JSON-lines file per task.

Shape of a line: `{"doc_id", "doc", "requests": [{"idx", "type", "args"}]}`, ordered by `doc_id`
from 0. A pack holds nothing of a model but its chat template's effect on the prompts, so models
with the same prompts share it; its files are content-addressed.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from evaluations.provenance.canonical import arguments_digest, document_digest, jcs, sha256_hex
from evaluations.provenance.merkle import tree_root_hex


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model: an lm-eval `Instance` without its answers.

    Attributes:
        idx: position among its document's requests.
        type: the LM method that answers it, such as `loglikelihood`.
        args: that method's arguments, as JSON holds them.
    """

    idx: int
    type: str
    args: list[Any]

    @property
    def digest(self) -> str:
        """The SHA-256 that an answer must carry to belong to this request."""
        return arguments_digest(self.args)


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a task with its requests."""

    doc_id: int
    doc: Any
    requests: list[Request]


@dataclass(frozen=True, slots=True)
class TaskSummary:
    """What a plan says of one task; `docs/bundle.md` defines the roots."""

    output_type: str
    filters: list[str]
    repeats: int
    documents: int
    documents_root: str
    requests: int
    requests_root: str


def write_task(path: Path, documents: Iterable[Document]) -> str:
    """Write one task's file and return its SHA-256."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for document in documents:
            line = json.dumps(asdict(document), ensure_ascii=False).encode() + b"\n"
            digest.update(line)
            file.write(line)
    return digest.hexdigest()


def read_task(path: Path, first: int = 0, count: int | None = None) -> Iterator[Document]:
    """Yield `count` documents of a task's file from document `first` on (all by default)."""
    with path.open("rb") as file:
        for line in islice(file, first, None if count is None else first + count):
            row = json.loads(line)
            requests = [Request(**request) for request in row["requests"]]
            yield Document(row["doc_id"], row["doc"], requests)


def summarise(path: Path, *, output_type: str, filters: list[str], repeats: int) -> TaskSummary:
    """Read a task's file again and return its counts and roots."""
    documents = list(read_task(path))
    requests = [request for document in documents for request in document.requests]
    return TaskSummary(
        output_type=output_type,
        filters=filters,
        repeats=repeats,
        documents=len(documents),
        documents_root=tree_root_hex(bytes.fromhex(document_digest(d.doc)) for d in documents),
        requests=len(requests),
        requests_root=tree_root_hex(bytes.fromhex(request.digest) for request in requests),
    )


def pack_digest(files: dict[str, str]) -> str:
    """Return the pack's own digest, over its tasks' file digests."""
    return sha256_hex(jcs(files))
