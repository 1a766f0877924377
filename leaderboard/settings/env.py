"""The only reader of the environment: every `ASSAY_` setting, its default, and a plain error.

`docs/settings.md` lists them for operators; a lint check holds the two together.
"""

import os
import secrets
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parents[2]


def text(name: str, default: str = "") -> str:
    """Return a setting as it stands."""
    return os.environ.get(name, default)


def listing(name: str, default: str = "") -> list[str]:
    """Return a comma-separated setting as a list without empty items."""
    return [item.strip() for item in text(name, default).split(",") if item.strip()]


def whole(name: str, default: int, *, least: int = 1) -> int:
    """Return a setting as a whole number.

    Raises:
        ImproperlyConfigured: if it is none, or below `least`.
    """
    given = text(name, str(default))
    if not given.isdecimal() or int(given) < least:
        raise ImproperlyConfigured(
            f"{name} is {given!r}; it must be a whole number of at least {least}."
        )
    return int(given)


def below(name: str, seconds: int, lease: int) -> None:
    """Hold the heartbeat against the lease that it renews.

    Raises:
        ImproperlyConfigured: if a lease could end between two of them.
    """
    if seconds * 2 > lease:
        raise ImproperlyConfigured(
            f"{name} is {seconds}; it must be at most half of ASSAY_LEASE_SECONDS ({lease})."
        )


def switch(name: str, *, default: bool) -> bool:
    """Return a setting that is 1 or 0.

    Raises:
        ImproperlyConfigured: if it is anything else.
    """
    given = text(name, "1" if default else "0")
    if given not in {"0", "1"}:
        raise ImproperlyConfigured(f"{name} is {given!r}; it must be 1 or 0.")
    return given == "1"


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """Return a setting that is one of a few words.

    Raises:
        ImproperlyConfigured: if it is anything else.
    """
    given = text(name, default)
    if given not in allowed:
        raise ImproperlyConfigured(f"{name} is {given!r}; it must be one of {', '.join(allowed)}.")
    return given


def var() -> Path:
    """Return the folder that holds all state of the embedded default, made if need be.

    Raises:
        ImproperlyConfigured: if it can't be made.
    """
    folder = Path(text("ASSAY_VAR", str(ROOT / "var"))).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"ASSAY_VAR: {folder} can't be made: {error.strerror}."
        ) from error
    return folder


def keys(folder: Path) -> Path | None:
    """Return `ASSAY_KEYS`, the folder of the keys that the site signs with.

    Returns:
        By default a folder beside the database; None if the setting is `none`: then another
        process of the site has the keys.
    """
    given = text("ASSAY_KEYS", str(folder / "keys"))
    return None if given == "none" else Path(given).resolve()


def origin() -> str:
    """Return `ASSAY_ORIGIN`, the name of the site's log.

    Raises:
        ImproperlyConfigured: if it can't stand in a checkpoint.
    """
    given = text("ASSAY_ORIGIN", "localhost/assay")
    if not given or "+" in given or not given.isprintable() or any(c.isspace() for c in given):
        raise ImproperlyConfigured(
            f"ASSAY_ORIGIN is {given!r}; it must be a name without blanks and plus signs, "
            "such as assay.example/log."
        )
    return given


def secret_key(folder: Path) -> str:
    """Return `ASSAY_SECRET_KEY`, or a key of this machine's own that is made on first use."""
    given = text("ASSAY_SECRET_KEY")
    if given:
        return given
    path = folder / "secret-key"
    try:
        # O_EXCL: of several processes that start together, one makes the key.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _settled(path)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(50))
    return path.read_text(encoding="ascii")


def _settled(path: Path) -> str:
    key = path.read_text(encoding="ascii")
    if not key:
        raise ImproperlyConfigured(f"{path} is empty; delete it and start again.")
    return key


def database(folder: Path) -> dict[str, Any]:
    """Return Django's settings for `ASSAY_DATABASE_URL`, by default SQLite in the state folder.

    Raises:
        ImproperlyConfigured: if the URL isn't one of SQLite or PostgreSQL.
    """
    url = text("ASSAY_DATABASE_URL")
    return database_of(url, "ASSAY_DATABASE_URL") if url else _sqlite(folder / "assay.sqlite3")


def database_of(url: str, name: str = "The address") -> dict[str, Any]:
    """Return Django's settings for a database's URL; `name` begins what is said of a wrong one.

    Raises:
        ImproperlyConfigured: if the URL isn't one of SQLite or PostgreSQL.
    """
    try:
        parsed: dict[str, Any] = dict(dj_database_url.parse(url))
    except (ValueError, KeyError) as error:
        raise ImproperlyConfigured(f"{name} is not a database's URL: {error}") from error
    engine = str(parsed.get("ENGINE", ""))
    if engine.endswith("sqlite3"):
        return _sqlite(parsed["NAME"])
    if not engine.endswith("postgresql"):
        raise ImproperlyConfigured(f"{name} must begin with sqlite: or postgres:.")
    return parsed | {"CONN_HEALTH_CHECKS": True} | _connections(parsed.get("OPTIONS", {}))


def _connections(options: dict[str, Any]) -> dict[str, Any]:
    """Return how a process keeps its connections to PostgreSQL: one a thread, or from a pool."""
    most = whole("ASSAY_DATABASE_POOL", 0, least=0)
    if not most:
        return {"CONN_MAX_AGE": 60}
    # Django refuses a pool of connections that outlive their request.
    pool = {"min_size": 1, "max_size": most, "timeout": 10}
    return {"CONN_MAX_AGE": 0, "OPTIONS": options | {"pool": pool}}


def cache() -> dict[str, Any]:
    """Return Django's settings for `ASSAY_CACHE_URL`, by default this process's own memory.

    Raises:
        ImproperlyConfigured: if the URL isn't one of Redis.
    """
    url = text("ASSAY_CACHE_URL")
    if not url:
        memory = "django.core.cache.backends.locmem.LocMemCache"
        return {"BACKEND": memory, "OPTIONS": {"MAX_ENTRIES": 10_000}}
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise ImproperlyConfigured("ASSAY_CACHE_URL must begin with redis:, rediss: or unix:.")
    redis = "django.core.cache.backends.redis.RedisCache"
    return {"BACKEND": redis, "LOCATION": url, "KEY_PREFIX": "assay"}


def _sqlite(name: object) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(name),
        "OPTIONS": {
            # Without IMMEDIATE, writers that read first fail with "database is locked" at once.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
