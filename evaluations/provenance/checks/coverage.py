"""Check 9: a task's rows are its documents times its filters: none dropped, doubled or swapped."""

from evaluations.provenance.documents import TaskPlan
from evaluations.provenance.merkle import digests_root
from evaluations.provenance.rows import Row


class Coverage:
    """Watches a task's rows pass by, in lm-eval's order: filter by filter, documents from 0 upward.

    Attributes:
        fault: the first thing that was wrong, or None.
    """

    def __init__(self, plan: TaskPlan) -> None:
        self.fault: str | None = None
        self._plan = plan
        self._filter: str | None = None
        self._seen: set[str] = set()
        self._digests = bytearray()

    def add(self, row: Row) -> None:
        """Take note of the next row."""
        if self.fault is None:
            self.fault = self._next(row)

    def finish(self) -> None:
        """Take note that there are no more rows."""
        if self.fault is None:
            self.fault = self._close() or self._lacking()

    def _next(self, row: Row) -> str | None:
        if row.filter != self._filter:
            if (fault := self._close()) is not None:
                return fault
            if row.filter in self._seen:
                return f"the rows of filter {row.filter!r} are not together"
            if row.filter not in self._plan.filters:
                return f"filter {row.filter!r} was not planned"
            self._filter = row.filter
            self._seen.add(row.filter)
        expected = len(self._digests) // 32
        if row.doc_id != expected:
            return f"document {row.doc_id} stands where {expected} should (filter {row.filter!r})"
        self._digests += bytes.fromhex(row.doc_digest)
        return None

    def _close(self) -> str | None:
        """Compare a filter's documents with the planned ones."""
        if self._filter is None:
            return None
        digests, self._digests = self._digests, bytearray()
        count = len(digests) // 32
        if count != self._plan.documents:
            return f"filter {self._filter!r} has {count} documents of {self._plan.documents}"
        if leaves_root(digests) != self._plan.documents_root:
            return f"the documents under filter {self._filter!r} are not the planned ones"
        return None

    def _lacking(self) -> str | None:
        lacking = sorted(set(self._plan.filters) - self._seen)
        return f"there are no rows of filter {lacking[0]!r}" if lacking else None


def leaves_root(digests: bytearray) -> str:
    """Return the tree hash over digests of 32 bytes each that stand one after another."""
    return digests_root(bytes(digests)).hex()
