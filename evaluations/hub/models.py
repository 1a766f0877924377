"""Models of the hub: names resolved to commits, and commits judged before the queue."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from huggingface_hub.hf_api import ModelInfo, RepoSibling

from evaluations.enums import ModelSource
from evaluations.failures import FailureCode
from evaluations.hub.client import Deadline, model_info, read
from evaluations.inspection import ModelFacts, inspect_files
from evaluations.model_files import Listed, refusal

_COMMIT = re.compile(r"[0-9a-f]{40}")
#: Git takes nothing else into the name of a branch or a tag.
_REVISION = re.compile(r"[!-~]{1,250}")
_MOST_FILES = 10_000
_GB = 10**9


@dataclass(frozen=True, slots=True)
class HubModel:
    """A commit of a hub's model.

    Attributes:
        name: `org/name`, as the hub writes it.
        commit: Git's SHA-1, whatever was asked for.
    """

    name: str
    commit: str
    facts: ModelFacts


@dataclass(frozen=True, slots=True)
class _HubFiles:
    """A commit's files, read over the network within one deadline."""

    name: str
    commit: str
    listed: Mapping[str, Listed]
    deadline: Deadline

    def read(self, path: str, first: int, length: int) -> bytes:
        left = min(length, self.listed[path].size - first)
        # An empty file has no range that could be asked for.
        if left <= 0:
            return b""
        return read(self.name, self.commit, path, first=first, length=left, deadline=self.deadline)


def check(name: str, revision: str = "") -> HubModel:
    """Resolve a name and judge what it stands for, from metadata alone.

    Args:
        name: `org/name`.
        revision: a branch, tag or commit; empty for the main branch.

    Raises:
        AssayError: with the code, the reason and what to change.
    """
    _refuse_names(name, revision)
    deadline = Deadline()
    info = model_info(name, revision, deadline)
    if info.id != name:
        raise refusal(FailureCode.MODEL_RENAMED, f"{name} is now called {info.id}.")
    if "/" not in name:
        raise refusal(FailureCode.MODEL_NOT_FOUND, f"{name} belongs to no organisation or person.")
    commit = commit_of(info)
    files = _HubFiles(name, commit, listing(info), deadline)
    facts = inspect_files(files, most_bytes=settings.ASSAY_MODEL_GB * _GB)
    return HubModel(name, commit, facts)


def _refuse_names(name: str, revision: str) -> None:
    if name.partition("/")[0] == ModelSource.LOCAL:
        raise refusal(
            FailureCode.MODEL_NOT_FOUND,
            f"{name!r}: no organisation of the hub may be called local here; write "
            f"local:{name.partition('/')[2]} for a model that this site's operator registered.",
        )
    if revision and not _REVISION.fullmatch(revision):
        raise refusal(FailureCode.REVISION_MISSING, f"{name} has no revision {revision!r}.")


def listing(info: ModelInfo) -> dict[str, Listed]:
    """Return the files of a commit, with what the hub tells of their digests.

    Raises:
        AssayError: `hub_unavailable` if the hub gives no sizes; `model_too_large` if the files are
            too many to be looked at.
    """
    siblings = info.siblings or []
    if len(siblings) > _MOST_FILES:
        raise refusal(
            FailureCode.MODEL_TOO_LARGE,
            f"{info.id} has {len(siblings):,} files; at most {_MOST_FILES:,} are looked at.",
        )
    return {sibling.rfilename: _listed(info, sibling) for sibling in siblings}


def _listed(info: ModelInfo, sibling: RepoSibling) -> Listed:
    if sibling.size is None or sibling.size < 0:
        raise refusal(
            FailureCode.HUB_UNAVAILABLE, f"The hub gave no sizes of the files of {info.id}."
        )
    if sibling.lfs is not None:
        # Its blob is a pointer, so the blob's id says nothing about these bytes.
        return Listed(sibling.rfilename, sibling.size, sha256=sibling.lfs.sha256)
    return Listed(sibling.rfilename, sibling.size, blob_id=sibling.blob_id or "")


def commit_of(info: ModelInfo) -> str:
    """Return the commit that the hub resolved a name to.

    Raises:
        AssayError: `hub_unavailable` if it is none.
    """
    if not _COMMIT.fullmatch(info.sha or ""):
        raise refusal(FailureCode.HUB_UNAVAILABLE, f"The hub named no commit of {info.id}.")
    return str(info.sha)
