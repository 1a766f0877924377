"""Registering models that the operator offers for evaluation."""

import re
from pathlib import Path

from django.db import transaction

from evaluations import store
from evaluations.enums import ModelSource
from evaluations.errors import AssayError
from evaluations.failures import FailureCode
from evaluations.inspection import inspect
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
    with transaction.atomic():
        model, _ = LanguageModel.objects.get_or_create(source=ModelSource.LOCAL, name=name)
        return Revision.objects.get_or_create(
            model=model,
            commit=sha256_hex(jcs(files)),
            defaults={
                "files": files,
                "licence": facts.licence,
                "card": facts.card,
                "architecture": facts.architecture,
                "parameters": facts.parameters,
                "has_chat_template": facts.has_chat_template,
            },
        )
