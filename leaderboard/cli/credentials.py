"""Tokens in the person's own configuration, one per site, and the site that was named last."""

import os
import tempfile
from pathlib import Path
from typing import Any

import orjson

from evaluations.errors import AssayError


def path() -> Path:
    """Return where tokens are kept."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "assay" / "credentials.json"


def saved_site() -> str:
    """Return the site of the last login, or nothing."""
    return str(_load().get("site") or "")


def token(site: str) -> str:
    """Return the token for a site: ASSAY_TOKEN, else what login saved, else nothing."""
    tokens = _load().get("tokens")
    kept = tokens.get(site) if isinstance(tokens, dict) else None
    return os.environ.get("ASSAY_TOKEN", "").strip() or str(kept or "")


def save(site: str, secret: str) -> None:
    """Keep a token, readable by its owner only."""
    target, kept = path(), _load()
    tokens = kept.get("tokens")
    kept_tokens = tokens if isinstance(tokens, dict) else {}
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _replace(target, orjson.dumps({"site": site, "tokens": kept_tokens | {site: secret}}))
    except OSError as error:
        raise AssayError("not_saved", f"The token could not be saved: {error}") from None


def _replace(target: Path, content: bytes) -> None:
    # mkstemp makes the file with mode 0600, so the token is at no moment readable by others.
    number, name = tempfile.mkstemp(dir=target.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
        Path(name).replace(target)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _load() -> dict[str, Any]:
    try:
        found = orjson.loads(path().read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}
