"""What stands in a bundle beside its manifest: signatures, proofs and keys, read strictly."""

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TypeVar

from evaluations.provenance.bundle import OUTSIDE_FILES, OUTSIDE_FOLDERS
from evaluations.provenance.checks.evidence import Evidence
from evaluations.provenance.checks.outcome import CheckFailedError, settled
from evaluations.provenance.log.checkpoint import (
    Checkpoint,
    CheckpointError,
    open_checkpoint,
    parse_checkpoint,
)
from evaluations.provenance.log.note import (
    NoteError,
    Verifier,
    parse_note,
    parse_vkey,
    verifier_key,
)
from evaluations.provenance.log.proof import TlogProof, parse
from evaluations.provenance.log.tree import ProofError, verify_inclusion
from evaluations.provenance.merkle import leaf_hash
from evaluations.provenance.records import Kind, Record, RecordError, read_record
from evaluations.provenance.root import RootChain, RootError, RootVersion, chain, read_root
from evaluations.provenance.signing import EnvelopeError, public_bytes, read_envelope
from evaluations.provenance.statement import Claims, StatementError, read_claims
from evaluations.provenance.trust import Pinned, Trust, log_id

T = TypeVar("T")
ATTESTATION = "attestation.dsse.json"
CONSISTENCY = "proof/consistency.json"
LOG_KEY, WITNESSES = "trust/log.vkey", "trust/witness.policy"
_ROOT = re.compile(r"trust/([1-9][0-9]{0,2})\.root\.json")
PROOFS = tuple(f"proof/{name}.tlog-proof" for name in ("result", "intent", "benchmark"))
RECORDS = tuple(f"proof/{name}.json" for name in ("intent", "benchmark", "suite"))
_KNOWN = {ATTESTATION, CONSISTENCY, LOG_KEY, WITNESSES, *PROOFS, *RECORDS}
#: A statement names every file of a model; everything else is a few kilobytes.
_MOST = {ATTESTATION: 4 << 20}
_MOST_BYTES = 128 << 10
_MOST_VERSIONS = 999


def outside(path: str) -> bool:
    """Tell whether the manifest leaves a file out."""
    return path in OUTSIDE_FILES or path.startswith(OUTSIDE_FOLDERS)


def foreign(path: str, size: int) -> bool:
    """Tell whether a file beside the manifest is none that a bundle has, or is far too large."""
    known = path in _KNOWN or _ROOT.fullmatch(path) is not None
    return not known or size > _MOST.get(path, _MOST_BYTES)


class Signed:
    """The files beside the manifest; each property raises CheckFailedError with what is wrong.

    Attributes:
        evidence: the rest of the bundle.
        trust: what the reader brings along.
    """

    def __init__(self, evidence: Evidence, trust: Trust) -> None:
        self.evidence = evidence
        self.trust = trust
        self._bundle = evidence.bundle

    @property
    def anything(self) -> bool:
        """Whether there is any such file.

        A bundle from which only some were taken doesn't pass for one that was never signed.
        """
        return any(outside(path) for path in self._bundle.members if path != "manifest.json")

    def read(self, path: str) -> bytes:
        """Return a file's bytes."""
        if path not in self._bundle:
            raise CheckFailedError(f"{path} is missing, though the bundle has others of its kind")
        if foreign(path, self._bundle.members[path].size) and outside(path):
            raise CheckFailedError(f"{path} is far too large")
        return self._bundle.read(path)

    @cached_property
    def root_files(self) -> Mapping[int, bytes]:
        """The bundle's versions of the root, by number."""
        found = (_ROOT.fullmatch(path) for path in self._bundle.members)
        files = {int(one[1]): self.read(one[0]) for one in found if one is not None}
        if 1 not in files:
            raise CheckFailedError("trust/1.root.json is missing")
        return files

    @cached_property
    def pinned(self) -> Pinned:
        """What the reader remembers of the log that this bundle names."""
        return self.trust.of(_refusing(lambda: read_root(self.root_files[1]).origin))

    @cached_property
    def chain(self) -> RootChain:
        """The versions of the root that follow from the one that the reader trusts."""
        files = dict(self.root_files)
        for number, data in self.pinned.roots.items():
            if files.setdefault(number, data) != data:
                raise CheckFailedError(
                    f"version {number} of the root is another one than you met on "
                    f"{self.pinned.first}: somebody else uses this log's name, or it was begun "
                    f"anew; only then remove assay/trust/{log_id(self.pinned.origin)}.json from "
                    "your configuration folder"
                )
        files |= self._newer(max(files) + 1)
        return _refusing(lambda: chain(files, self._trusted))

    def _newer(self, number: int) -> dict[int, bytes]:
        """Return the versions that the site has published since, where it can be asked."""
        found: dict[int, bytes] = {}
        while self.trust.fetch is not None and number <= _MOST_VERSIONS:
            try:
                found[number] = self.trust.fetch(f"trust/{number}.root.json")
            except (LookupError, OSError):
                break
            number += 1
        return found

    @property
    def _trusted(self) -> bytes:
        if self.trust.root is not None:
            return self.trust.root
        pinned = self.pinned.roots
        return pinned[min(pinned)] if pinned else self.root_files[1]

    @property
    def first_use(self) -> bool:
        """Whether the root is believed only because nothing else is known of it."""
        return self.trust.root is None and not self.pinned.roots

    @cached_property
    def payload(self) -> bytes:
        """The statement's bytes, whoever signed them."""
        return bytes(_refusing(lambda: read_envelope(self.read(ATTESTATION))).payload)

    @cached_property
    def claims(self) -> Claims:
        """What the statement says, whoever signed it."""
        return _refusing(lambda: read_claims(self.payload))

    def proof(self, name: str) -> TlogProof:
        """Return one of the proofs, which still has to be checked."""
        path = f"proof/{name}.tlog-proof"
        try:
            return parse(self.read(path))
        except ProofError as error:
            raise CheckFailedError(f"{path}: {error}") from None

    def record(self, name: str) -> Record:
        """Return one of the log's records, which still has to be checked."""
        path = f"proof/{name}.json"
        try:
            record = read_record(self.read(path))
        except RecordError as error:
            raise CheckFailedError(f"{path}: {error}") from None
        if record.kind != Kind(name):
            raise CheckFailedError(f"{path} is the record of another kind of entry: {record.kind}")
        return record

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """The checkpoint of the result's proof, signed by a key that was in force at its size."""
        return self.open(self.proof("result").checkpoint_note)

    def open(self, note: str) -> Checkpoint:
        """Return a checkpoint that the log has signed with nobody else."""
        known = settled(lambda: self.chain, 2)
        try:
            size = parse_checkpoint(parse_note(note).text).size
            keys = [_verifier(known, one) for one in known.log_keys(size)]
            checkpoint = open_checkpoint(note, keys)
            strangers = {one.key_hash for one in parse_note(note).signatures}
        except (NoteError, CheckpointError) as error:
            raise CheckFailedError(str(error)) from None
        if strangers - {key.key_hash for key in keys}:
            raise CheckFailedError("the checkpoint has a signature of a key that is not trusted")
        if checkpoint.origin != known.origin:
            raise CheckFailedError(f"the checkpoint is another log's: {checkpoint.origin}")
        return checkpoint

    def include(self, name: str, leaf: bytes) -> int:
        """Return the index of an entry, after seeing that it stands in the checkpoint's tree."""
        proof, checkpoint = self.proof(name), self.checkpoint
        if proof.checkpoint_note != self.proof("result").checkpoint_note:
            raise CheckFailedError(f"the proof of the {name} has another checkpoint")
        try:
            verify_inclusion(
                leaf_hash(leaf), proof.index, checkpoint.size, proof.hashes, checkpoint.root
            )
        except ProofError as error:
            raise CheckFailedError(f"the {name}'s entry is not in the log: {error}") from None
        return proof.index

    @property
    def version(self) -> RootVersion:
        """The version of the root that was in force when the result was logged."""
        known, index = self.chain, self.proof("result").index
        return _refusing(lambda: known.at(index))

    @property
    def log_key(self) -> Verifier:
        """The key in trust/log.vkey."""
        data = self.read(LOG_KEY)
        try:
            key = parse_vkey(data.decode())
        except (NoteError, UnicodeError) as error:
            raise CheckFailedError(f"{LOG_KEY}: {error}") from None
        if f"{verifier_key(key.name, key.public_key)}\n".encode() != data:
            raise CheckFailedError(f"{LOG_KEY} does not end with a newline")
        return key


def _verifier(known: RootChain, key: object) -> Verifier:
    return parse_vkey(verifier_key(known.origin, public_bytes(key)))  # type: ignore[arg-type]


def _refusing(get: Callable[[], T]) -> T:
    """Turn what is wrong with a signature, a key or a statement into the failure of a check."""
    try:
        return get()
    except (RootError, EnvelopeError, StatementError) as error:
        raise CheckFailedError(str(error)) from None
