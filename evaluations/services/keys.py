"""The site's keys: made once, rotated and revoked by new versions of the root of trust.

A key folder holds `statement.pem` and `log.pem`, which a site signs with, and `root/`, whose keys
only sign new versions of the root and belong somewhere else. Public halves and versions of the root
are in the database.
"""

import fcntl
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from django.conf import settings
from django.db import transaction
from securesystemslib.signer import CryptoSigner

from evaluations.models import LogCheckpoint, TrustRoot
from evaluations.provenance.records import Kind
from evaluations.provenance.root import RootVersion, first_root, next_root, read_root
from evaluations.provenance.signing import KeyFileError, load_key, new_key, save_key
from evaluations.queries.log import root
from evaluations.services import lock, log

Role = Literal["statement", "log"]
ROLES: tuple[Role, ...] = ("statement", "log")
ROOT_KEYS, THRESHOLD = 3, 2
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Keyring:
    """What a process signs with, and the root that says so."""

    statement: CryptoSigner
    log: CryptoSigner
    root: RootVersion


def keyring() -> Keyring | None:
    """Return this process's keys; makes them if the site has none and they are its own to make.

    Returns:
        None if the keys of the site are somewhere else.

    Raises:
        KeyFileError: if a key that is here can't be used.
    """
    folder = settings.ASSAY_KEYS
    if folder is None:
        return None
    trusted = root()
    if trusted is None:
        if not settings.ASSAY_KEYS_OWN:
            return None
        create(origin=settings.ASSAY_ORIGIN, folder=folder)
        trusted = root()
    assert trusted is not None  # noqa: S101  told to the type checker
    found = [_load(folder, role, trusted) for role in ROLES]
    if None in found:
        return None
    statement, own = found
    assert statement is not None and own is not None  # noqa: S101, PT018  likewise
    return Keyring(statement, own, trusted)


def _load(folder: Path, role: Role, trusted: RootVersion) -> CryptoSigner | None:
    """Return the key of a role, if the one in force is here."""
    wanted = trusted.statement_keys if role == "statement" else trusted.log_keys
    ids = {key.keyid for key in wanted}
    # After a rotation that was cut off, the new key lies under its draft's name.
    for path in (folder / f"{role}.pem", folder / f"{role}.new.pem"):
        if path.exists():
            signer = load_key(path)
            if signer.public_key.keyid in ids:
                return signer
    return None


def create(*, origin: str, folder: Path) -> RootVersion:
    """Make the site's keys and version 1 of its root; harmless if there is a root already.

    Args:
        origin: the log's name, for good.
        folder: where the keys go; those that lie there are used.

    Raises:
        KeyFileError: if they can't be written or used.
    """
    with _folder(folder):
        existing = root()
        if existing is not None:
            return existing
        signers = {role: _made(folder / f"{role}.pem") for role in ROLES}
        (folder / "root").mkdir(mode=0o700, exist_ok=True)
        offline = [_made(folder / "root" / f"root-{n}.pem") for n in range(1, ROOT_KEYS + 1)]
        data = first_root(
            origin=origin,
            root=offline,
            threshold=THRESHOLD,
            statement=signers["statement"].public_key,
            log=signers["log"].public_key,
        )
        made = _record(data, "created", log_size=0)
    _logger.info("made the keys of the log %s in %s", origin, folder)
    return made


def renew(
    *, roles: Sequence[Role], folder: Path, root_keys: Path, reason: Literal["rotated", "revoked"]
) -> RootVersion:
    """Replace keys by new ones, in a new version of the root.

    What was signed before stays good: it stands in the log below the size that the new version
    names.

    Args:
        roles: whose keys are replaced.
        folder: where the new keys go; old ones are deleted.
        root_keys: a folder with at least two of the root's keys.
        reason: what the log says of it.

    Raises:
        KeyFileError: if there is no root yet, or these root keys don't suffice.
    """
    with _folder(folder):
        before = root()
        if before is None:
            raise KeyFileError("The site has no keys yet.", "Run manage.py keys create.")
        offline = [load_key(path) for path in sorted(root_keys.glob("root-*.pem"))]
        if len(offline) < THRESHOLD:
            raise KeyFileError(
                f"{root_keys} holds {len(offline)} of the root's keys; {THRESHOLD} are needed.",
                "Bring them with --root-keys.",
            )
        drafts = {role: folder / f"{role}.new.pem" for role in roles}
        for path in drafts.values():
            path.unlink(missing_ok=True)
        fresh = {role: _made(path).public_key for role, path in drafts.items()}
        with transaction.atomic():
            lock.take("log")
            size = _size()
            data = next_root(
                before.data,
                root=offline,
                log_size=size,
                statement=fresh.get("statement"),
                log=fresh.get("log"),
            )
            made = _record(data, f"{reason} {' and '.join(roles)}", log_size=size)
        for role, path in drafts.items():
            path.replace(folder / f"{role}.pem")
    return made


def _made(path: Path) -> CryptoSigner:
    if not path.exists():
        try:
            save_key(path, new_key())
        except OSError as error:
            raise KeyFileError(f"The key {path} can't be written: {error.strerror}.") from None
    return load_key(path)


def _size() -> int:
    newest = LogCheckpoint.objects.order_by("-size").first()
    return newest.size if newest else 0


def _record(data: bytes, what: str, *, log_size: int) -> RootVersion:
    version = read_root(data)
    with transaction.atomic():
        TrustRoot.objects.create(version=version.version, data=data.decode())
        about = {"rootVersion": version.version, "rootSha256": version.sha256, "what": what}
        log.append(kind=Kind.KEY, about=about | {"logSize": log_size})
    return version


@contextmanager
def _folder(folder: Path) -> Iterator[None]:
    """Have one process at a time change a key folder."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder / ".lock", os.O_WRONLY | os.O_CREAT, 0o600)
    except OSError as error:
        raise KeyFileError(f"The folder {folder} can't be used: {error.strerror}.") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
