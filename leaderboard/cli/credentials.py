"""Tokens in the person's own configuration, one per site, and the site that was named last."""

import os
import re
import tempfile
from pathlib import Path
from typing import Any

import orjson

from evaluations.errors import AssayError
from leaderboard.cli.addresses import allowed, canonical

_TOKEN = re.compile(r"[!-~]{1,500}")


def path() -> Path:
    """Return where tokens are kept."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "assay" / "credentials.json"


def site_of(given: str | None, *, insecure: bool = False) -> str:
    """Return the site's address, as named or as saved by login."""
    site = given or str(_load().get("site") or "")
    if not site:
        raise AssayError("site_missing", "No site is named.", "Use --site, ASSAY_SITE or login.")
    return allowed(site, insecure=insecure)


def token(site: str) -> str:
    """Return the token for a site: ASSAY_TOKEN where it is ASSAY_SITE's, else what login saved.

    A token is for one site. Without this tie, whoever gets a person to name another site would
    be sent the token of the first.

    Raises:
        AssayError: if there is none for this site.
    """
    given = os.environ.get("ASSAY_TOKEN", "").strip()
    if given and _is_its_site(site):
        return checked(given)
    tokens = _load().get("tokens")
    kept = tokens.get(site) if isinstance(tokens, dict) else None
    if kept:
        return checked(str(kept))
    if given:
        raise AssayError(
            "token_required",
            f"ASSAY_TOKEN is for the site in ASSAY_SITE, and that is not {site}.",
            f"Set ASSAY_SITE={site} beside it, or run assay login --site {site}.",
        )
    raise AssayError(
        "token_required", f"You are not signed in to {site}.", f"Run assay login --site {site}."
    )


def checked(secret: str) -> str:
    """Return a token that may stand in a header.

    Raises:
        AssayError: `token_invalid`, which doesn't repeat it.
    """
    if not _TOKEN.fullmatch(secret):
        raise AssayError(
            "token_invalid", "That is no token.", "Make one on the site's page /account/."
        )
    return secret


def save(site: str, secret: str) -> None:
    """Keep a token, readable by its owner only."""
    target, kept = path(), _load()
    tokens = kept.get("tokens")
    kept_tokens = tokens if isinstance(tokens, dict) else {}
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace(target, orjson.dumps({"site": site, "tokens": kept_tokens | {site: secret}}))
    except OSError as error:
        raise AssayError("not_saved", f"The token could not be saved: {error}") from None


def _is_its_site(site: str) -> bool:
    named = os.environ.get("ASSAY_SITE", "").strip()
    return bool(named) and canonical(named) == site


def replace(target: Path, content: bytes) -> None:
    """Put a file in the place of another in one step, readable by its owner only."""
    # mkstemp makes the file with mode 0600, so the token is at no moment readable by others.
    number, name = tempfile.mkstemp(dir=target.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _load() -> dict[str, Any]:
    try:
        found = orjson.loads(path().read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, orjson.JSONDecodeError):
        found = None
    if not isinstance(found, dict):
        # Not taken for an empty one: the next login would write over the other sites' tokens.
        raise AssayError(
            "credentials_unreadable",
            f"{path()} can't be read.",
            "Mend it, or remove it and sign in again.",
        )
    return found
