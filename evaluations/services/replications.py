"""Taking in replications; nothing that one claims is believed."""

import logging
from pathlib import Path

from django.contrib.auth.models import User
from django.db import transaction

from evaluations import store
from evaluations.errors import AssayError
from evaluations.models import Replication, Result
from evaluations.provenance.members import BundleError
from evaluations.provenance.replication.archive import MOST_BYTES, open_replication
from evaluations.queries.samples import StoredBundle

_log = logging.getLogger(__name__)


def receive(*, by: User, result: Result, archive: Path) -> tuple[Replication, bool]:
    """Check a replication and keep it, also one that diverged.

    It takes as long as reading both runs' samples does, so no transaction should be open.

    Args:
        by: who sent it.
        result: what it is a replication of.
        archive: its bundle, a file that nobody else changes.

    Returns:
        The replication, and whether it is new: one with the same manifest is the same.

    Raises:
        ReplicationError: if it is malformed, forged, of another result, or its samples don't give
            what it says.
        ArtefactMissingError: if the store has lost the result's bundle.
    """
    size = archive.stat().st_size
    if size > MOST_BYTES:
        raise too_large(size)
    found = open_replication(archive)
    claims = found.claims
    try:
        comparison = found.check(StoredBundle(result.bundle_sha256, result.bundle_size))
    except BundleError as error:
        raise AssayError("replication_invalid", f"The samples can't be read: {error}.") from None
    bundle_sha256 = store.put_file(archive)
    with transaction.atomic():
        replication, is_new = Replication.objects.get_or_create(
            manifest_sha256=claims.manifest,
            defaults={
                "result": result,
                "by": by,
                "verdict": comparison["verdict"],
                "documents": claims.audit.documents if claims.audit else None,
                "keyid": claims.keyid,
                "bundle_sha256": bundle_sha256,
                "bundle_size": size,
                "statement": found.statement,
                "comparison": comparison,
            },
        )
        if is_new:
            _note(replication)
    return replication, is_new


def too_large(size: int) -> AssayError:
    """Return the refusal of a replication of so many bytes."""
    return AssayError(
        "request_too_large",
        f"The replication has {size} bytes; the most is {MOST_BYTES}.",
        "An audit of fewer documents is smaller: assay reproduce --limit-docs K.",
    )


def _note(replication: Replication) -> None:
    """Record that a replication was taken, inside the transaction that takes it."""
    _log.info("replication %s of %s: %s", replication, replication.result_id, replication.verdict)
