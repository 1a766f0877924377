"""The model that is run again must be the one that was run: every file by its digest."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from evaluations.provenance.bundle import read_chunks
from evaluations.provenance.members import check_name
from evaluations.provenance.replication.errors import ReplicationError
from evaluations.provenance.unpack import Bundle

_PREFIX = "model/"


def copy_model(source: Path, weights: Mapping[str, Any], target: Path) -> None:
    """Copy a model's listed files, and hold what was copied against `run/weights.json`.

    They are copied so that nobody changes them while they are used.

    Raises:
        ReplicationError: `model_differs`, if one is missing or another one.
        OSError: if the disk is full.
    """
    for path, _, _ in _listed(weights):
        if not (source / path).is_file():
            raise _differs(f"{source.name} has no file {path}")
        _write(target / path, read_chunks(source / path))
    check_model(target, weights)


def unpack_model(archive: Bundle, weights: Mapping[str, Any], target: Path) -> None:
    """Unpack a site's `model.tar`, as far as its files are listed; see `copy_model`."""
    for path, _, _ in _listed(weights):
        if f"{_PREFIX}{path}" not in archive:
            raise _differs(f"model.tar has no file {path}")
        _write(target / path, archive.chunks(f"{_PREFIX}{path}"))
    check_model(target, weights)


def check_model(folder: Path, weights: Mapping[str, Any]) -> None:
    """Hold a folder against `run/weights.json`.

    Raises:
        ReplicationError: `model_differs`.
    """
    for path, size, sha256 in _listed(weights):
        file, digest = folder / path, hashlib.sha256()
        if not file.is_file() or file.stat().st_size != size:
            raise _differs(f"{path} is missing or has another size")
        for chunk in read_chunks(file):
            digest.update(chunk)
        if digest.hexdigest() != sha256:
            raise _differs(f"{path} has another SHA-256")


def _listed(weights: Mapping[str, Any]) -> list[tuple[str, int, str]]:
    files = [(str(f["path"]), int(f["size"]), str(f["sha256"])) for f in weights["files"]]
    for path, _, _ in files:
        check_name(path)
    return files


def _write(target: Path, chunks: Iterable[bytes]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)


def _differs(what: str) -> ReplicationError:
    return ReplicationError(
        f"The model is not the one that was evaluated: {what}.",
        "run/weights.json lists every file with its SHA-256.",
        code="model_differs",
    )
