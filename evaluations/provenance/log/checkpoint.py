"""Checkpoints (C2SP tlog-checkpoint v1.0.0): a log's name, size and root, signed as a note."""

import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from evaluations.provenance.log.note import (
    NoteError,
    Verifier,
    checked_name,
    decoded,
    open_note,
    parse_note,
)
from evaluations.provenance.merkle import EMPTY_ROOT

#: The largest size; every index is then a signed 64-bit number.
MOST_LEAVES = 2**63 - 1
#: A line of a checkpoint is no longer than this, so that no digits cost time.
_TEXT = re.compile(r"(?P<origin>.{1,255})\n(?P<size>0|[1-9][0-9]{0,18})\n(?P<root>.{44})\n")


class CheckpointError(ValueError):
    """A checkpoint is not well-formed, or is not signed by its log."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log was at one moment.

    Attributes:
        origin: the log's name.
        size: the number of leaves, 0 to 2**63 - 1.
        root: the RFC 6962 tree hash of the leaves, 32 bytes.
    """

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint's text: three lines exactly, as `Checkpoint.text` writes them.

    Raises:
        CheckpointError: if it is anything else; extension lines are refused too.
    """
    found = _TEXT.fullmatch(text)
    if found is None:
        raise CheckpointError("This is no checkpoint: an origin, a size and a root in base64.")
    try:
        checkpoint = Checkpoint(
            checked_name(found["origin"]), int(found["size"]), decoded(found["root"])
        )
    except NoteError as error:
        raise CheckpointError(f"The checkpoint is malformed: {error}") from None
    _check(checkpoint)
    return checkpoint


def open_checkpoint(note: str | bytes, verifiers: Iterable[Verifier]) -> Checkpoint:
    """Read a signed checkpoint, if a known key of the log that it names signed it.

    Raises:
        CheckpointError: if it is not well-formed, or not signed so.
    """
    try:
        checkpoint = parse_checkpoint(parse_note(note).text)
        open_note(note, [one for one in verifiers if one.name == checkpoint.origin])
    except NoteError as error:
        raise CheckpointError(f"The checkpoint can't be trusted: {error}") from None
    return checkpoint


def _check(checkpoint: Checkpoint) -> None:
    if len(checkpoint.root) != len(EMPTY_ROOT):
        raise CheckpointError("The checkpoint's root has not 32 bytes.")
    if checkpoint.size > MOST_LEAVES:
        raise CheckpointError(f"The checkpoint's size is larger than {MOST_LEAVES}.")
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise CheckpointError("The checkpoint's root is not that of an empty tree.")
