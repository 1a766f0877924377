"""The hub's datasets: pinned to a commit, fetched once a host, and found offline by their names.

A dataset's files are laid into the runner's working directory under the dataset's own name, where
`datasets` looks before it asks the hub. So the published config, which names dataset and revision,
serves our workers offline as it serves a stranger online.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
from django.conf import settings
from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils.tqdm import disable_progress_bars

from evaluations.errors import AssayError
from evaluations.failures import FailureCode, failure
from workers.background import in_background
from workers.model_cache import share

# A worker's output is a log.
disable_progress_bars()
_TIMEOUT = 30.0


def resolve(dataset: str) -> str:
    """Return the commit that a dataset's main branch stands at.

    Raises:
        AssayError: `dataset_unavailable`, `dataset_gated` or `hub_unavailable`.
    """
    api = HfApi(endpoint=settings.HUB_ENDPOINT, token=settings.ASSAY_HUB_TOKEN or False)
    info = _asked(dataset, lambda: api.dataset_info(dataset, timeout=_TIMEOUT))
    return str(info.sha)


def fetch(dataset: str, revision: str) -> Iterator[None]:
    """Bring a dataset's files into this host's cache; yields while that goes on.

    Raises:
        AssayError: see `resolve`.
        OSError: if the disk is full.
    """
    folder = folder_of(dataset, revision)
    done = folder.with_name(f"{folder.name}.complete")
    if done.exists():
        return
    yield from in_background(
        lambda _: _asked(dataset, lambda: _download(dataset, revision, folder))
    )
    done.touch()


def folder_of(dataset: str, revision: str) -> Path:
    """Return where a dataset's files lie on this host."""
    return Path(settings.VAR) / "datasets" / dataset.replace("/", "--") / revision


def lay_out(root: Path, dataset: str, revision: str) -> None:
    """Let a runner in this folder find a fetched dataset under its name.

    Raises:
        AssayError: `task_invalid` if the name would cover a part of the slot.
    """
    place = root / dataset
    if place.exists() or not place.resolve().is_relative_to(root.resolve()):
        raise AssayError(
            FailureCode.TASK_INVALID, f"The dataset {dataset!r} has the name of a run's own folder."
        )
    source = folder_of(dataset, revision)
    # `.cache` is the hub client's own bookkeeping.
    for file in source.rglob("*"):
        if file.is_file() and ".cache" not in file.relative_to(source).parts:
            share(file, place / file.relative_to(source))


def _download(dataset: str, revision: str, folder: Path) -> None:
    snapshot_download(
        dataset,
        repo_type="dataset",
        revision=revision,
        local_dir=folder,
        endpoint=settings.HUB_ENDPOINT,
        token=settings.ASSAY_HUB_TOKEN or False,
        etag_timeout=_TIMEOUT,
    )


def _asked(dataset: str, ask: Callable[[], Any]) -> Any:
    """Ask the hub, and turn its refusals into reasons."""
    try:
        return ask()
    except GatedRepoError as error:
        raise _refusal(FailureCode.DATASET_GATED, f"{dataset} is gated.") from error
    except (RepositoryNotFoundError, RevisionNotFoundError) as error:
        detail = f"The hub has no dataset {dataset}, or not at this revision."
        raise _refusal(FailureCode.DATASET_UNAVAILABLE, detail) from error
    except (HfHubHTTPError, LocalEntryNotFoundError, httpx2.HTTPError, ConnectionError) as error:
        detail = f"{dataset}: {type(error).__name__} from the hub."
        raise _refusal(FailureCode.HUB_UNAVAILABLE, detail) from error


def _refusal(code: FailureCode, detail: str) -> AssayError:
    return AssayError(code, detail, failure(code).hint)
