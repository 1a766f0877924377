"""Repositories as a hub keeps them: commits, branches, and files by their Git and LFS digests."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

#: What the hub's own `.gitattributes` puts into large file storage.
_LARGE = {".safetensors", ".bin", ".pt", ".gguf", ".parquet", ".model", ".zip"}


@dataclass(frozen=True)
class File:
    """One version of a file.

    Attributes:
        promised: the size that listings and headers give; the true one unless a test lies.
    """

    path: str
    data: bytes
    promised: int

    @property
    def is_large(self) -> bool:
        return Path(self.path).suffix in _LARGE

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def blob_id(self) -> str:
        data = self.pointer if self.is_large else self.data
        return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()  # noqa: S324  Git's own

    @property
    def etag(self) -> str:
        return self.sha256 if self.is_large else self.blob_id

    @property
    def pointer(self) -> bytes:
        """Return what Git keeps in place of a large file."""
        return (
            f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\n"
            f"size {self.promised}\n"
        ).encode()


@dataclass
class Repository:
    """A model or a dataset.

    Attributes:
        kind: `models` or `datasets`.
        gated: `False`, or how access is granted: `auto` or `manual`.
        tokens: those that were granted access to a gated or private repository.
    """

    kind: str
    name: str
    commits: dict[str, dict[str, File]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    gated: str | bool = False
    private: bool = False
    tokens: set[str] = field(default_factory=set)
    card: dict[str, object] = field(default_factory=dict)

    def commit(self, files: dict[str, bytes], branch: str) -> str:
        """Put a new commit with exactly these files at a branch's head and return its id."""
        described = [f"{self.kind}/{self.name}/{len(self.commits)}"]
        described += [f"{path} {hashlib.sha256(data).hexdigest()}" for path, data in files.items()]
        commit = hashlib.sha1("\n".join(described).encode()).hexdigest()  # noqa: S324  as Git's
        self.commits[commit] = {p: File(p, d, len(d)) for p, d in sorted(files.items())}
        self.branches[branch] = commit
        return commit

    def resolve(self, revision: str) -> str | None:
        """Return the commit of a branch, a tag, or a commit's whole or shortened id."""
        named = self.branches.get(revision) or self.tags.get(revision)
        if named is not None:
            return named
        short = len(revision) >= 7
        return next((c for c in self.commits if short and c.startswith(revision)), None)


def files_below(folder: Path) -> dict[str, bytes]:
    """Read a folder as the files of a commit."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
