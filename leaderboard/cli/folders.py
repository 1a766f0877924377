"""A folder of weights on this machine, judged offline with the rules of the site's own check."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluations.errors import AssayError
from evaluations.failures import FailureCode
from evaluations.inspection import inspect_files, refusals
from evaluations.model_files import Folder, refusal

#: A name that begins so is a path and nothing else.
_PATHS = (".", "/", "~")
_PREFIXES = ("hf:", "local:")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found.

    Attributes:
        name: the model's, or the folder's path.
        facts: what the files say of it; empty if it is refused.
        refusals: each with what to change; none if it would be taken.
    """

    name: str
    facts: dict[str, Any]
    refusals: Sequence[AssayError]


def is_path(name: str) -> bool:
    """Tell whether a name can be a path only."""
    return name.startswith(_PATHS)


def folder_of(name: str) -> Path | None:
    """Return the folder that a name means: a path, or what lies here under that name."""
    if name.startswith(_PREFIXES):
        return None
    try:
        path = Path(name).expanduser()
        return path if is_path(name) or path.is_dir() else None
    except (OSError, ValueError, RuntimeError):  # too long, with a NUL, of a user unknown here
        return None


def judge(folder: Path, *, chat_template: bool) -> Verdict:
    """Judge a folder as the site judges a model when it is submitted.

    Links may lead out of the folder, as they do in the hub's own cache: what they lead to is what
    would be uploaded.

    Raises:
        AssayError: `unreadable`, if there is no such folder or a file can't be read.
    """
    try:
        if not folder.is_dir():
            raise AssayError("unreadable", f"{folder} is not a folder.")
        files = Folder(folder.absolute(), links_out=True)
        found = refusals(files)
        if found:
            return Verdict(str(folder), {}, found)
        facts = inspect_files(files)
    except OSError as error:
        raise AssayError("unreadable", f"{folder} can't be read: {error}") from None
    if chat_template and not facts.has_chat_template:
        missing = refusal(FailureCode.CHAT_TEMPLATE_ERROR, f"{folder} has no chat template.")
        return Verdict(str(folder), {}, [missing])
    return Verdict(
        str(folder),
        {
            "licence": facts.licence,
            "architecture": facts.architecture,
            "parameters": facts.parameters,
            "size": facts.size,
            "has_chat_template": facts.has_chat_template,
            "files": len(facts.files),
        },
        [],
    )
