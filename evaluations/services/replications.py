"""Taking in replications; nothing that one claims is believed."""

from pathlib import Path

from django.contrib.auth.models import User
from django.db import transaction

from evaluations import store
from evaluations.errors import AssayError
from evaluations.models import Replication, Result
from evaluations.provenance.canonical import jcs, sha256_hex
from evaluations.provenance.members import BundleError
from evaluations.provenance.records import Kind, Record
from evaluations.provenance.replication.archive import MOST_BYTES, open_replication
from evaluations.queries.log import entry_of
from evaluations.queries.samples import StoredBundle
from evaluations.services import log
from evaluations.services.standings import touch


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
            touch(replication.result.board_id)
    return replication, is_new


def too_large(size: int) -> AssayError:
    """Return the refusal of a replication of so many bytes."""
    return AssayError(
        "request_too_large",
        f"The replication has {size} bytes; the most is {MOST_BYTES}.",
        "An audit of fewer documents is smaller: assay reproduce --limit-docs K.",
    )


def _note(replication: Replication) -> None:
    """Write into the log that a replication was taken, whatever it came to."""
    submission = replication.result.submission
    entry = entry_of(submission, Kind.RESULT)
    if entry is None:
        return  # a result from before there was a log
    record = Record(
        kind=Kind.REPLICATION,
        at=log.now(),
        about={
            "result": replication.result.public_id,
            "verdict": replication.verdict,
            "documents": replication.documents,
            "key": replication.keyid,
        },
        statement_sha256=sha256_hex(jcs(replication.statement)),
        manifest_sha256=replication.manifest_sha256,
        refs=(entry.leaf,),
    )
    log.add(record, submission=submission)
