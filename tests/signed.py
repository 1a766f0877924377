"""Signed and logged bundles, made of unsigned ones with real keys and a real little log."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner

from evaluations.provenance.bundle import Entry, manifest_bytes, stream_tar
from evaluations.provenance.canonical import jcs
from evaluations.provenance.checks.signed import outside
from evaluations.provenance.log.checkpoint import Checkpoint
from evaluations.provenance.log.note import sign, verifier_key
from evaluations.provenance.log.proof import TlogProof, encode
from evaluations.provenance.log.tiles import grow
from evaluations.provenance.log.tree import consistency_proof, inclusion_proof, range_root
from evaluations.provenance.merkle import leaf_hash, node_hash
from evaluations.provenance.records import Kind, Record, documents_root, spec_digest
from evaluations.provenance.root import first_root, next_root
from evaluations.provenance.signing import base64_text, private_key, public_bytes, sign_envelope
from evaluations.provenance.statement import Logged, result_record, statement_bytes

ORIGIN = "log.example/assay"
EVALUATED = "2026-11-24T17:30:00Z"


@cache
def key(name: str) -> CryptoSigner:
    """The key of this name; the same in every run, so that a seed gives the same forgery."""
    return CryptoSigner(Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest()))


@dataclass
class Site:
    """A site's keys and log."""

    origin: str = ORIGIN
    keys: str = "site"
    entries: list[bytes] = field(default_factory=list)
    roots: list[bytes] = field(default_factory=list)
    statement: CryptoSigner = field(init=False)
    log: CryptoSigner = field(init=False)

    def __post_init__(self) -> None:
        self.statement, self.log = key(f"{self.keys} statement"), key(f"{self.keys} log")
        self._roots: dict[tuple[int, int], bytes] = {}
        if not self.roots:
            made = first_root(
                origin=self.origin,
                root=self.owners,
                threshold=2,
                statement=self.statement.public_key,
                log=self.log.public_key,
            )
            self.roots.append(made)

    @property
    def owners(self) -> list[CryptoSigner]:
        return [key(f"{self.keys} root {number}") for number in range(3)]

    def rotate(self, *, statement: str = "", log: str = "") -> None:
        """Put new keys in the place of old ones, from the next entry on."""
        if statement:
            self.statement = key(statement)
        if log:
            self.log = key(log)
        self.roots.append(
            next_root(
                self.roots[-1],
                root=self.owners[1:],
                log_size=len(self.entries),
                statement=self.statement.public_key if statement else None,
                log=self.log.public_key if log else None,
            )
        )

    def add(self, record: Record) -> int:
        self.entries.append(record.encode())
        return len(self.entries) - 1

    def hash(self, level: int, index: int) -> bytes:
        if (level, index) not in self._roots:
            self._roots[level, index] = (
                node_hash(self.hash(level - 1, 2 * index), self.hash(level - 1, 2 * index + 1))
                if level
                else leaf_hash(self.entries[index])
            )
        return self._roots[level, index]

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        size = len(self.entries) if size is None else size
        return Checkpoint(self.origin, size, range_root(0, size, self.hash))

    def note(self, size: int | None = None) -> str:
        return sign(self.checkpoint(size).text(), self.origin, private_key(self.log))

    def proof(self, index: int, size: int) -> bytes:
        path = inclusion_proof(index, size, self.hash)
        return encode(TlogProof(index, tuple(path), self.note(size)))

    def fetch(self) -> Callable[[str], bytes]:
        """What reads the log as the site publishes it now."""
        files: dict[str, bytes] = {}
        files |= dict(grow(0, self.entries, files.__getitem__))
        files["checkpoint"] = self.note().encode()
        files |= {f"trust/{n}.root.json": data for n, data in enumerate(self.roots, start=1)}
        return files.__getitem__

    def fill(self, count: int, seed: int = 0) -> None:
        """Log the failures of others."""
        chance = random.Random(f"{self.keys} {len(self.entries)} {seed}")
        for _ in range(count):
            about = {"submission": f"other-{chance.random()}", "code": "engine_crashed"}
            self.add(Record(Kind.FAILURE, "2026-11-24T17:00:00Z", about))


@dataclass(frozen=True)
class Entries:
    """Where a result and its foundations stand in a log."""

    suite: Record
    benchmark: Record
    intent: Record
    result: Record
    indices: Mapping[str, int]
    prior: int
    payload: bytes
    envelope: bytes


def with_manifest(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Add a manifest that fits."""
    listed = [_entry(path, data) for path, data in files.items() if not outside(path)]
    return {**files, "manifest.json": manifest_bytes(listed)}


def _entry(path: str, data: bytes) -> Entry:
    stored, plain = sha256(data), sha256()
    if path.endswith(".zst"):
        with zstandard.ZstdDecompressor().stream_reader(data) as reader:
            while chunk := reader.read(1 << 20):
                plain.update(chunk)
    else:
        plain = stored
    return Entry(path, len(data), stored.hexdigest(), plain.hexdigest())


def log_result(
    site: Site,
    files: Mapping[str, bytes],
    *,
    submission: str = "s-1",
    announced: Mapping[str, Any] | None = None,
    prior: int | None = None,
    times: tuple[str, str, str] = (
        "2026-11-24T16:00:00Z", "2026-11-24T17:10:00Z", EVALUATED,
    ),
) -> Entries:  # fmt: skip
    """Log a bundle's suite, benchmark, intent and result, with others between them.

    Args:
        site: whose log it is.
        files: the bundle with its manifest.
        submission: a public id.
        announced: what the intent says otherwise than the plan.
        prior: size of the checkpoint that the statement names.
        times: of benchmark, intent and evaluation.
    """
    plan = json.loads(files["run/plan.json"])
    named = plan["suite"]
    name = f"{named['name']} v{named['version']}"
    suite = Record(Kind.SUITE, times[0], {"suite": name, "sha256": named["sha256"]})
    about: dict[str, Any] = {"suite": name, "specSha256": spec_digest(plan)}
    about["docsRoot"] = documents_root(plan["tasks"])
    about["documents"] = sum(task["documents"] for task in plan["tasks"].values())
    benchmark = Record(Kind.BENCHMARK, times[0], about, refs=(suite.leaf,))
    about = {
        "submission": submission,
        "model": plan["model"]["name"],
        "revision": plan["model"]["revision"],
        "board": "demo",
        "suite": name,
        "dtype": plan["engine"]["dtype"],
        "chatTemplate": plan["chat_template"]["applied"],
        "rescores": None,
    }
    intent = Record(Kind.INTENT, times[1], {**about, **(announced or {})}, refs=(benchmark.leaf,))
    site.add(suite)
    indices = {"benchmark": site.add(benchmark)}
    site.fill(2)
    indices["intent"] = site.add(intent)
    site.fill(3)
    before = len(site.entries) if prior is None else prior
    site.fill(1)
    manifest = sha256(files["manifest.json"]).hexdigest()
    payload = statement_bytes(
        logged=Logged(
            site.origin, indices["benchmark"], indices["intent"], before,
            site.checkpoint(before).root,
        ),
        submission=submission, evaluated_at=times[2], manifest_sha256=manifest, files=files,
    )  # fmt: skip
    result = result_record(
        payload, manifest_sha256=manifest, intent=intent.leaf, benchmark=benchmark.leaf
    )
    indices["result"] = site.add(result)
    envelope = sign_envelope(payload, site.statement)
    return Entries(suite, benchmark, intent, result, indices, before, payload, envelope)


def attach(
    site: Site, files: Mapping[str, bytes], entries: Entries, size: int | None = None
) -> dict[str, bytes]:
    """Add statement, proofs and keys to a bundle, as of the log's size, or an earlier one."""
    size = len(site.entries) if size is None else size
    old, new = site.checkpoint(entries.prior), site.checkpoint(size)
    path = consistency_proof(old.size, new.size, site.hash)
    consistency = {
        "v": 1,
        "old": {"size": old.size, "root": base64_text(old.root)},
        "new": {"size": new.size, "root": base64_text(new.root)},
        "proof": [base64_text(digest) for digest in path],
    }
    return {
        **files,
        "attestation.dsse.json": entries.envelope,
        **{
            f"proof/{name}.tlog-proof": site.proof(at, size) for name, at in entries.indices.items()
        },
        "proof/intent.json": entries.intent.encode(),
        "proof/benchmark.json": entries.benchmark.encode(),
        "proof/suite.json": entries.suite.encode(),
        "proof/consistency.json": jcs(consistency),
        **{f"trust/{number}.root.json": data for number, data in enumerate(site.roots, 1)},
        "trust/log.vkey": (
            verifier_key(site.origin, public_bytes(site.log.public_key)) + "\n"
        ).encode(),
        "trust/witness.policy": b"quorum none\n",
    }


def signed(
    files: Mapping[str, bytes], site: Site | None = None, *, after: int = 4, **choices: Any
) -> dict[str, bytes]:
    """Sign and log a bundle's files, which need no manifest, amid a few entries of others."""
    site = site or Site()
    site.fill(5)
    whole = with_manifest(files)
    entries = log_result(site, whole, **choices)
    site.fill(after)
    return attach(site, whole, entries)


def write_tar(path: Path, files: Mapping[str, bytes]) -> Path:
    """Write files as a bundle."""
    parts = ((name, len(files[name]), (files[name],)) for name in sorted(files))
    path.write_bytes(b"".join(stream_tar(parts)))
    return path
