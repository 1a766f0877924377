"""A model's files as rules see them, wherever they lie: a listing, and a way to read parts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from evaluations.errors import AssayError
from evaluations.failures import FailureCode, failure

#: Nothing that is read whole before the queue may be larger: configuration, index, header.
MAX_READ = 16_000_000


@dataclass(frozen=True, slots=True)
class Listed:
    """One file of a model.

    Attributes:
        path: relative to the model's root, with slashes.
        size: bytes.
        sha256: empty where the place that lists it doesn't tell.
        blob_id: Git's SHA-1 of the contents, empty where none is told.
    """

    path: str
    size: int
    sha256: str = ""
    blob_id: str = ""


class ModelFiles(Protocol):
    """A folder on this machine, or a commit on a hub."""

    @property
    def name(self) -> str:
        """How people know the model."""
        ...

    @property
    def listed(self) -> Mapping[str, Listed]:
        """Every file, by path."""
        ...

    def read(self, path: str, first: int, length: int) -> bytes:
        """Return so many bytes of a listed file from `first`, fewer where it ends."""
        ...


def refusal(code: FailureCode, detail: str) -> AssayError:
    """Return a refusal with its code's own hint; the detail may quote what a stranger wrote."""
    return AssayError(code, storable(detail), failure(code).hint)


def storable(text: str) -> str:
    """Return a text that every database takes: without NUL and without lone surrogates."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def read_json(files: ModelFiles, path: str, code: FailureCode) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        AssayError: with this code, if there is no such file, or no such object in it.
    """
    listed = files.listed.get(path)
    if listed is None:
        raise refusal(code, f"{path} is missing.")
    if listed.size > MAX_READ:
        raise refusal(code, f"{path} has {listed.size} bytes; at most {MAX_READ} are read.")
    try:
        value = json.loads(files.read(path, 0, listed.size))
    except (ValueError, RecursionError) as error:
        raise refusal(code, f"{path} is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise refusal(code, f"{path} is not a JSON object.")
    return value


class Folder:
    """A model's folder on this machine."""

    def __init__(self, root: Path, *, links_out: bool = False) -> None:
        """List the folder.

        Args:
            root: the folder.
            links_out: whether links may lead out of it, as they do in the hub's own cache. Only
                for a person who checks a folder of theirs.

        Raises:
            AssayError: if it is none, or a link leads out of it that may not.
        """
        if not root.is_dir():
            raise refusal(FailureCode.MODEL_NOT_FOUND, f"{root} is not a folder.")
        self.name = root.name
        self.listed: Mapping[str, Listed] = _listed(root, links_out=links_out)
        self._root = root

    def read(self, path: str, first: int, length: int) -> bytes:
        """Return so many bytes of a listed file from `first`, fewer where it ends."""
        with (self._root / path).open("rb") as file:
            file.seek(first)
            return file.read(length)


def _listed(root: Path, *, links_out: bool) -> dict[str, Listed]:
    """List what isn't hidden; a link out of the folder would let a model read the host."""
    found = {}
    for path in sorted(root.rglob("*")):
        leads_out = path.is_symlink() and not path.resolve().is_relative_to(root.resolve())
        if leads_out and not links_out:
            raise refusal(FailureCode.UNSAFE_WEIGHTS, f"{path.name} is a link out of the folder.")
        name = path.relative_to(root)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            found[name.as_posix()] = Listed(name.as_posix(), path.stat().st_size)
    return found
