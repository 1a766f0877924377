"""Recording models: those that the operator registers, and those of the hub when asked for."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import transaction

from evaluations import store
from evaluations.card import read_metadata
from evaluations.enums import ModelSource
from evaluations.errors import AssayError
from evaluations.failures import FailureCode
from evaluations.hub.models import HubModel
from evaluations.inspection import ModelFacts, inspect
from evaluations.model_files import refusal
from evaluations.models import LanguageModel, Revision
from evaluations.provenance.canonical import jcs, sha256_hex

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")


def register_local(*, name: str, folder: Path) -> tuple[Revision, bool]:
    """Register a folder as a revision of `local:name`, and copy its files into the store.

    The copy makes the revision immutable: what happens to the folder later changes no result.

    Args:
        name: letters, digits, dots, underscores, hyphens; at most 96.
        folder: as `save_pretrained` writes it.

    Returns:
        The revision, and whether it is new; the same files always give the same revision.

    Raises:
        AssayError: if the name or the folder isn't acceptable.
    """
    if not _NAME.fullmatch(name):
        raise AssayError(
            FailureCode.MODEL_NOT_FOUND,
            f"{name!r} is no name for a model.",
            "Use letters, digits, dots, underscores and hyphens, at most 96.",
        )
    facts = inspect(folder)
    files = [
        {"path": p, "size": (folder / p).stat().st_size, "sha256": store.put_file(folder / p)}
        for p in facts.paths
    ]
    commit = sha256_hex(jcs(files))
    return _record(ModelSource.LOCAL, name, commit, files, facts)


def record_hub_model(found: HubModel) -> Revision:
    """Record a commit of the hub that was checked; what is known already stays as it is.

    The hub tells the SHA-256 of large files only. The others' stand empty until a worker has
    fetched them.
    """
    files = [{"path": f.path, "size": f.size, "sha256": f.sha256} for f in found.facts.files]
    return _record(ModelSource.HUB, found.name, found.commit, files, found.facts)[0]


def record_digests(revision: Revision, digests: Mapping[str, str]) -> None:
    """Fill in the SHA-256 of files that were fetched for the first time.

    Args:
        revision: whose files are changed, here and in the database.
        digests: by path.

    Raises:
        AssayError: `download_corrupt` if another worker has recorded other bytes meanwhile.
    """
    with transaction.atomic():
        stored = Revision.objects.select_for_update().get(pk=revision.pk)
        for file in stored.files:
            fetched = digests.get(file["path"], file["sha256"])
            if file["sha256"] not in {"", fetched}:
                raise refusal(
                    FailureCode.DOWNLOAD_CORRUPT,
                    f"{file['path']} is not the file that was fetched before.",
                )
            file["sha256"] = fetched
        stored.save(update_fields=["files"])
    revision.files = stored.files


def _record(
    source: ModelSource, name: str, commit: str, files: list[dict[str, Any]], facts: ModelFacts
) -> tuple[Revision, bool]:
    with transaction.atomic():
        model, _ = LanguageModel.objects.get_or_create(source=source, name=name)
        return Revision.objects.get_or_create(
            model=model,
            commit=commit,
            defaults={
                "files": files,
                "licence": facts.licence,
                "card": facts.card,
                "metadata": read_metadata(facts.card).as_json(),
                "architecture": facts.architecture,
                "parameters": facts.parameters,
                "has_chat_template": facts.has_chat_template,
            },
        )
