"""The records of the log: one leaf each, canonical JSON of at most 2 KB."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from evaluations.provenance.canonical import jcs, parse_strict, sha256_hex
from evaluations.provenance.merkle import leaf_hash, tree_root_hex

MAX_SIZE = 2048
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_HEX = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


class Kind(StrEnum):
    """What an entry of the log says."""

    SUITE = "suite"
    BENCHMARK = "benchmark"
    INTENT = "intent"
    RESULT = "result"
    FAILURE = "failure"
    SUPERSEDE = "supersede"
    RETRACT = "retract"
    MODERATION = "moderation"
    REPLICATION = "replication"
    KEY = "key"


class RecordError(ValueError):
    """A leaf is not a record as docs/log.md describes it."""


@dataclass(frozen=True, slots=True)
class Record:
    """One entry of the log.

    Attributes:
        kind: what it says.
        at: when it was written, in UTC, to the second.
        about: what it says it of; a few short values, by kind.
        statement_sha256: of the payload of the statement that goes with it, in hexadecimal; not of
            its envelope, so that signing it again with another key changes no leaf.
        manifest_sha256: of the bundle that goes with it.
        refs: leaf hashes, in hexadecimal, of the earlier entries that it speaks of.
    """

    kind: Kind
    at: str
    about: Mapping[str, Any]
    statement_sha256: str | None = None
    manifest_sha256: str | None = None
    refs: Sequence[str] = ()

    def encode(self) -> bytes:
        """Return the leaf's bytes.

        Raises:
            RecordError: if there are more than 2,048.
        """
        data = jcs(
            {
                "v": 1,
                "kind": str(self.kind),
                "at": self.at,
                "about": dict(self.about),
                "statementSha256": self.statement_sha256,
                "manifestSha256": self.manifest_sha256,
                "refs": list(self.refs),
            }
        )
        if len(data) > MAX_SIZE:
            raise RecordError(f"it has {len(data)} bytes, more than {MAX_SIZE}")
        return data

    @property
    def leaf(self) -> str:
        """The hash by which later entries refer to this one, in hexadecimal."""
        return leaf_hash(self.encode()).hex()


def read_record(data: bytes) -> Record:
    """Parse a leaf strictly.

    Raises:
        RecordError: if it is anything but the canonical encoding of a record.
    """
    if len(data) > MAX_SIZE:
        raise RecordError(f"it has more than {MAX_SIZE} bytes")
    try:
        record = _record(parse_strict(data))
        canonical = record.encode()
    except RecursionError:
        raise RecordError("it is nested too deeply") from None
    except RecordError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise RecordError(f"it is no record: {str(error)[:200]}") from None
    if canonical != data:
        raise RecordError("it is not in canonical form, or has other fields than a record")
    return record


def _record(fields: Any) -> Record:
    if not isinstance(fields, dict) or fields.get("v") != 1:
        raise RecordError("it is no record of version 1")
    record = Record(
        kind=Kind(fields["kind"]),
        at=fields["at"],
        about=fields["about"],
        statement_sha256=fields["statementSha256"],
        manifest_sha256=fields["manifestSha256"],
        refs=tuple(fields["refs"]),
    )
    digests = [record.statement_sha256, record.manifest_sha256]
    if not all(one is None or _is_digest(one) for one in digests):
        raise RecordError("a digest is not 64 hexadecimal digits")
    if not isinstance(fields["refs"], list) or not all(_is_digest(ref) for ref in record.refs):
        raise RecordError("a reference is not 64 hexadecimal digits")
    if not isinstance(record.about, dict):
        raise RecordError("'about' is no object")
    if not is_time(record.at):
        raise RecordError("'at' is no time in UTC")
    return record


def is_time(text: Any) -> bool:
    """Tell whether something is a time as records give it: in UTC, to the second."""
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        return False
    try:
        datetime.strptime(text, TIME_FORMAT)  # noqa: DTZ007  its Z is part of the format
    except ValueError:
        return False
    return True


def _is_digest(text: Any) -> bool:
    return isinstance(text, str) and _HEX.fullmatch(text) is not None


def spec_digest(plan: Mapping[str, Any]) -> str:
    """Return the digest of all that decides how answers become scores, from a run's plan."""
    return sha256_hex(jcs(plan["suite"]))


def documents_root(tasks: Mapping[str, Any]) -> str:
    """Return one root over the documents of all tasks.

    Args:
        tasks: each one's `documents` (their number) and `documents_root`, by its name.
    """
    leaves = (
        jcs(
            {
                "task": name,
                "documents": tasks[name]["documents"],
                "documents_root": tasks[name]["documents_root"],
            }
        )
        for name in sorted(tasks)
    )
    return tree_root_hex(leaves)
