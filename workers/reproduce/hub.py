"""What a published config names of a hub: the model and the datasets, at their commits."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
from datasets.packaged_modules import _PACKAGED_DATASETS_MODULES
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

from evaluations.errors import AssayError

_PREFIX = "hf:"


def fetch_model(name: str, revision: str, paths: list[str], target: Path) -> None:
    """Bring the listed files of a hub's model into a folder.

    Raises:
        AssayError: `model_missing`, if they aren't to be had.
    """
    if not name.startswith(_PREFIX):
        raise AssayError(
            "model_missing",
            f"The files of {name} are not in the bundle.",
            "Give them with --model DIR, or name the result by its address or ID.",
        )
    _download(
        "model_missing",
        name.removeprefix(_PREFIX),
        repo_type="model",
        revision=revision,
        local_dir=target,
        allow_patterns=paths,
    )


def datasets_of(results: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Yield each dataset of a hub that the tasks read, with its commit.

    Args:
        results: `results/results.json`, whose configurations name them.
    """
    seen = set()
    for config in results["configs"].values():
        path = config.get("dataset_path")
        revision = (config.get("dataset_kwargs") or {}).get("revision")
        if path and path not in _PACKAGED_DATASETS_MODULES and (path, revision) not in seen:
            seen.add((path, revision))
            yield path, revision


def fetch_dataset(path: str, revision: str | None, slot: Path) -> None:
    """Lay a dataset's files into the slot under its own name, where `datasets` looks first.

    Raises:
        AssayError: `dataset_missing`, if they aren't to be had, or would cover a part of the slot.
    """
    place = slot / path
    if place.exists() or not place.resolve().is_relative_to(slot.resolve()):
        raise AssayError("dataset_missing", f"The dataset {path!r} has the name of a run's folder.")
    if revision is None:
        raise AssayError("dataset_missing", f"The bundle pins no commit of the dataset {path}.")
    _download("dataset_missing", path, repo_type="dataset", revision=revision, local_dir=place)


def _download(code: str, name: str, *, repo_type: str, **wanted: Any) -> None:
    try:
        snapshot_download(name, repo_type=repo_type, **wanted)
    except (HfHubHTTPError, LocalEntryNotFoundError, httpx2.HTTPError, OSError) as error:
        raise AssayError(
            code,
            f"The {repo_type} {name} at {wanted['revision']} could not be fetched: "
            f"{type(error).__name__}.",
            "Is it gated? Sign in with `hf auth login`. A model's files can be given with --model.",
        ) from None
