"""The hub's refusals, turned into reasons; no text quotes a header, a token or a signed address."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
from huggingface_hub.errors import (
    BadRequestError,
    DisabledRepoError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from evaluations.errors import AssayError
from evaluations.failures import FailureCode
from evaluations.model_files import refusal

#: From the special to the general: the first that fits counts.
_REASONS: tuple[tuple[type[Exception], FailureCode, str], ...] = (
    (HFValidationError, FailureCode.MODEL_NOT_FOUND, "{name!r} is no name of a model at the hub."),
    (
        GatedRepoError,
        FailureCode.MODEL_GATED,
        "{name} is gated, and this site was given no access.",
    ),
    (DisabledRepoError, FailureCode.MODEL_NOT_FOUND, "The hub has disabled {name}."),
    (
        RepositoryNotFoundError,
        FailureCode.MODEL_NOT_FOUND,
        "The hub has no model {name}, or it is private.",
    ),
    (RevisionNotFoundError, FailureCode.REVISION_MISSING, "{name} has no revision {revision!r}."),
    (
        RemoteEntryNotFoundError,
        FailureCode.WEIGHTS_INCOMPLETE,
        "{name} lists a file that the hub doesn't have.",
    ),
    (
        httpx2.TimeoutException,
        FailureCode.HUB_UNAVAILABLE,
        "The hub didn't answer in time about {name}.",
    ),
    (httpx2.HTTPError, FailureCode.HUB_UNAVAILABLE, "The hub can't be reached."),
    # The client in its offline mode.
    (ConnectionError, FailureCode.HUB_UNAVAILABLE, "The hub can't be reached."),
    # What the client raises when the answer is no JSON, or not the hub's.
    *(
        (kind, FailureCode.HUB_UNAVAILABLE, "The hub's answer about {name} can't be read.")
        for kind in (ValueError, LookupError, TypeError, RecursionError)
    ),
)
#: For statuses that the client has no error for.
_STATUSES = {
    401: (FailureCode.HUB_UNAVAILABLE, "The hub refuses this site's token."),
    403: (FailureCode.MODEL_GATED, "The hub doesn't let this site read {name}."),
}


@contextmanager
def asking(name: str, revision: str = "") -> Iterator[None]:
    """Raise what the hub's client raises as one of our own.

    Args:
        name: of the model that is asked about.
        revision: that was asked for; empty for the newest.

    Raises:
        AssayError: with the code, the reason and what to change.
    """
    try:
        yield
    except AssayError:
        raise
    except Exception as error:
        found = _reason(error)
        if found is None:
            raise
        code, detail = found
        # Not `from error`: its text may hold the address of a gated file, signed for its reader.
        raise refusal(code, detail.format(name=name, revision=revision)) from None


def _reason(error: Exception) -> tuple[FailureCode, str] | None:
    special = next(
        ((code, detail) for kind, code, detail in _REASONS if isinstance(error, kind)), None
    )
    # The client's general error is one of the HTTP library's too.
    if type(error) in {HfHubHTTPError, BadRequestError} and isinstance(error, HfHubHTTPError):
        status = error.response.status_code
        unknown = (FailureCode.HUB_UNAVAILABLE, f"The hub answered with HTTP status {status}.")
        return _STATUSES.get(status, unknown)
    return special
