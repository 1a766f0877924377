"""`.tlog-proof` files (C2SP tlog-proof v1): a leaf's index, its audit path and a checkpoint."""

import re
from base64 import b64encode
from dataclasses import dataclass

from evaluations.provenance.log.checkpoint import MOST_LEAVES, CheckpointError, parse_checkpoint
from evaluations.provenance.log.note import MOST_BYTES, NoteError, decoded, parse_note
from evaluations.provenance.log.tree import ProofError

_FIRST = "c2sp.org/tlog-proof@v1"
#: A path in a tree of 2**63 - 1 leaves has so many hashes.
_MOST_HASHES = 63
_HEAD = re.compile(
    re.escape(_FIRST) + r"\nindex (?P<index>0|[1-9][0-9]{0,18})\n"
    rf"(?P<hashes>(?:[A-Za-z0-9+/]{{43}}=\n){{0,{_MOST_HASHES}}})\n"
)


@dataclass(frozen=True, slots=True)
class TlogProof:
    """That a leaf stands in a log; nothing of it has been checked.

    Attributes:
        index: the leaf's, from 0.
        hashes: 32 bytes each, from the leaf's sibling to the root's child.
        checkpoint_note: the signed checkpoint, as the log published it.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint_note: str


def encode(proof: TlogProof) -> bytes:
    """Return a proof as a `.tlog-proof` file."""
    hashes = "".join(f"{b64encode(digest).decode()}\n" for digest in proof.hashes)
    return f"{_FIRST}\nindex {proof.index}\n{hashes}\n{proof.checkpoint_note}".encode()


def parse(data: bytes) -> TlogProof:
    """Read a `.tlog-proof` file; there is one way of writing each, and no `extra` line.

    Raises:
        ProofError: if it is not exactly what `encode` writes.
    """
    if len(data) > MOST_BYTES:
        raise ProofError(f"The proof has more than {MOST_BYTES} bytes.")
    try:
        text = data.decode()
    except UnicodeError:
        raise ProofError("The proof is not UTF-8.") from None
    head = _HEAD.match(text)
    if head is None:
        raise ProofError(
            f"This is no log proof: {_FIRST}, an index, hashes in base64, an empty line."
        )
    note = text[head.end() :]
    try:
        hashes = tuple(decoded(line) for line in head["hashes"].splitlines())
        parse_checkpoint(parse_note(note).text)
    except (NoteError, CheckpointError) as error:
        raise ProofError(f"The proof is malformed: {error}") from None
    proof = TlogProof(int(head["index"]), hashes, note)
    if proof.index > MOST_LEAVES or encode(proof) != data:
        raise ProofError("The proof is not written as it should be.")
    return proof
