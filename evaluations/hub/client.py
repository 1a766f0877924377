"""The hub's own client with our bounds around it: on time, on bytes, and on who sees the token."""

import logging
import time
from dataclasses import dataclass, field

from django.conf import settings
from huggingface_hub import HfApi, get_session, hf_hub_url
from huggingface_hub.hf_api import ModelInfo
from huggingface_hub.utils import (  # type: ignore[attr-defined]  # documented, if not marked
    build_hf_headers,
    hf_raise_for_status,
)
from huggingface_hub.utils import logging as hub_logging

from evaluations.failures import FailureCode
from evaluations.hub.errors import asking
from evaluations.model_files import refusal

# Its warnings name the addresses of storage, whose signatures open what is gated.
hub_logging.set_verbosity(logging.ERROR)

#: What a whole check may take, and what one step of it may wait.
CHECK_SECONDS = 15.0
_STEP_SECONDS = 5.0
_SEARCH_SECONDS = 3.0


@dataclass
class Deadline:
    """The end of what several requests may take together."""

    seconds: float = CHECK_SECONDS
    ends: float = field(init=False)

    def __post_init__(self) -> None:
        """Start the clock."""
        self.ends = time.monotonic() + self.seconds

    def step(self) -> float:
        """Return the seconds that the next step may wait.

        Raises:
            AssayError: `hub_unavailable` once the time is up.
        """
        left = self.ends - time.monotonic()
        if left <= 0:
            raise refusal(
                FailureCode.HUB_UNAVAILABLE, f"The hub took longer than {self.seconds:.0f} s."
            )
        return min(left, _STEP_SECONDS)


def model_info(name: str, revision: str, deadline: Deadline) -> ModelInfo:
    """Ask what the hub knows of a model, with the size and digest of every file.

    Args:
        name: `org/name`.
        revision: a branch, tag or commit; empty for the main branch.
        deadline: for this and what else belongs to the check.

    Raises:
        AssayError: see `asking`.
    """
    with asking(name, revision):
        return _api().model_info(
            name, revision=revision or None, files_metadata=True, timeout=deadline.step()
        )


def search(words: str, limit: int) -> list[str]:
    """Return the names of models that hold these words, those most used first.

    Raises:
        AssayError: `hub_unavailable`.
    """
    wanted = {"search": words, "limit": str(limit), "sort": "downloads", "filter": "safetensors"}
    with asking(words):
        # The client's own `list_models` knows no time limit.
        response = get_session().get(
            f"{settings.HUB_ENDPOINT}/api/models",
            params=wanted,
            headers=headers(),
            timeout=_SEARCH_SECONDS,
        )
        hf_raise_for_status(response)
        return [str(found["id"]) for found in response.json()[:limit]]


def read(
    name: str, commit: str, path: str, *, first: int, length: int, deadline: Deadline
) -> bytes:
    """Return so many bytes of a file from `first`, at least one and never more than asked for.

    Raises:
        AssayError: see `asking`.
    """
    asked = headers(Range=f"bytes={first}-{first + length - 1}")
    url = file_url(name, commit, path)
    with (
        asking(name, commit),
        get_session().stream("GET", url, headers=asked, timeout=deadline.step()) as response,
    ):
        hf_raise_for_status(response)
        # A server that doesn't know ranges sends the file from its beginning.
        skipped = 0 if response.status_code == 206 else first  # noqa: PLR2004  partial content
        data = bytearray()
        for chunk in response.iter_raw():
            deadline.step()
            data += chunk
            if len(data) >= skipped + length:
                break
    return bytes(data[skipped : skipped + length])


def file_url(name: str, commit: str, path: str) -> str:
    """Return where the hub hands out a file, or redirects to its storage."""
    return hf_hub_url(name, path, revision=commit, endpoint=settings.HUB_ENDPOINT)


def headers(**more: str) -> dict[str, str]:
    """Return what every request carries: the operator's token, and no compression."""
    token = settings.ASSAY_HUB_TOKEN or False
    return build_hf_headers(token=token) | {"Accept-Encoding": "identity"} | more


def _api() -> HfApi:
    return HfApi(endpoint=settings.HUB_ENDPOINT, token=settings.ASSAY_HUB_TOKEN or False)
