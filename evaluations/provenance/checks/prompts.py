"""Check 10: the documents, prompts and targets that were asked are the ones that were planned."""

import hashlib
from collections.abc import Sequence
from typing import Any

import orjson

from evaluations.provenance.canonical import arguments_digest, text_digest
from evaluations.provenance.checks.coverage import leaves_root
from evaluations.provenance.documents import TaskPlan
from evaluations.provenance.rows import Row


class Prompts:
    """Watches a task's rows pass by and hashes again what was asked.

    Attributes:
        fault: the first thing that was wrong, or None.
    """

    def __init__(self, plan: TaskPlan) -> None:
        self.fault: str | None = None
        self._plan = plan
        self._filter: str | None = None
        self._requests = bytearray()
        self._task_hash = hashlib.sha256()

    @property
    def task_hash(self) -> str:
        """lm-eval's `task_hashes` entry: all rows' document, prompt and target hashes in a row."""
        return self._task_hash.hexdigest()

    def add(self, row: Row) -> None:
        """Take note of the next row."""
        if self.fault is None:
            self.fault = self._next(row)

    def finish(self) -> None:
        """Take note that there are no more rows."""
        if self.fault is None:
            self.fault = self._close()

    def _next(self, row: Row) -> str | None:
        if row.filter != self._filter:
            if (fault := self._close()) is not None:
                return fault
            self._filter = row.filter
        self._task_hash.update((row.doc_hash + row.prompt_hash + row.target_hash).encode())
        self._requests += request_digests(row.arguments, row.context)
        context = row.arguments[0][0] if row.arguments[0] else None
        if row.doc_hash != row.doc_digest:
            wrong = "document"
        elif not isinstance(context, str) or row.prompt_hash != text_digest(context):
            wrong = "prompt"
        elif row.target_hash != text_digest(row.target):
            wrong = "target"
        else:
            return None
        where = f"document {row.doc_id} (filter {row.filter!r})"
        return f"{where}: the {wrong}'s hash is not the recorded one"

    def _close(self) -> str | None:
        """Compare a filter's requests with the planned ones."""
        if self._filter is None:
            return None
        requests, self._requests = self._requests, bytearray()
        count = len(requests) // 32
        if count != self._plan.requests:
            return f"{count} requests were recorded of {self._plan.requests} planned"
        if leaves_root(requests) != self._plan.requests_root:
            return f"the requests under filter {self._filter!r} are not the planned ones"
        return None


def request_digests(requests: Sequence[Sequence[Any]], context: bytes = b"") -> bytes:
    """Return `arguments_digest` of each request, as raw bytes, one after another.

    The choices of a document share one long context, which is hashed once for all of them;
    orjson and the standard library write text alike, so only text takes this way.

    Args:
        requests: the arguments of each.
        context: the first one's first argument as JSON, if that is at hand.
    """
    made = []
    shared = requests[0][0] if context else None
    start = hashlib.sha256(b"[%b," % context)
    for arguments in requests:
        if len(arguments) != 2 or not type(arguments[0]) is type(arguments[1]) is str:  # noqa: PLR2004
            made.append(bytes.fromhex(arguments_digest(arguments)))
            continue
        if arguments[0] != shared:
            shared = arguments[0]
            start = hashlib.sha256(b"[%b," % orjson.dumps(shared))
        digest = start.copy()
        digest.update(orjson.dumps(arguments[1]) + b"]")
        made.append(digest.digest())
    return b"".join(made)
