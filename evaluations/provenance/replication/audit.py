"""A cheap audit: some documents of each task, chosen so that anybody gets the same ones."""

import hashlib
from dataclasses import dataclass
from typing import Any

_LONGEST_SEED = 100
_MOST_DOCUMENTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Audit:
    """Which documents are asked again.

    Attributes:
        documents: of each task, or all where it has fewer.
        seed: any printable text of 1 to 100 characters; who is to be audited must not know it
            beforehand.
    """

    documents: int
    seed: str

    def __post_init__(self) -> None:
        """Refuse what has no meaning.

        Raises:
            ValueError: with the reason.
        """
        if not 1 <= self.documents <= _MOST_DOCUMENTS:
            raise ValueError(f"an audit is of 1 to {_MOST_DOCUMENTS} documents of each task")
        if not 1 <= len(self.seed) <= _LONGEST_SEED or not self.seed.isprintable():
            raise ValueError(f"a seed is a printable text of 1 to {_LONGEST_SEED} characters")

    def chosen(self, task: str, documents: int, documents_root: str) -> list[int]:
        """Return the chosen documents of a task, in order.

        They are those with the smallest SHA-256 of the UTF-8 text of four lines without a line feed
        at the end: seed, task, documents' root, number of the document.

        Args:
            task: lm-eval's name.
            documents: how many the task has; they are numbered from 0.
            documents_root: as in the plan, in hexadecimal.
        """
        fixed = f"{self.seed}\n{task}\n{documents_root}\n"

        def drawn(doc_id: int) -> bytes:
            return hashlib.sha256(f"{fixed}{doc_id}".encode()).digest()

        return sorted(sorted(range(documents), key=drawn)[: self.documents])

    def as_json(self) -> dict[str, Any]:
        """Return it as documents of a replication hold it."""
        return {"documents": self.documents, "seed": self.seed}
