"""Logs for tests: entries, their files, a key."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evaluations.provenance.log.checkpoint import Checkpoint
from evaluations.provenance.log.note import Verifier, sign, verifier, verifier_key
from evaluations.provenance.log.proof import TlogProof
from evaluations.provenance.log.tiles import Tiles, grow
from evaluations.provenance.merkle import EMPTY_ROOT
from evaluations.provenance.records import Kind, Record

ORIGIN = "localhost/assay"
#: For tests only, so that their notes are the same each time.
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
VKEY = verifier_key(ORIGIN, KEY.public_key().public_bytes_raw())
VERIFIER: Verifier = verifier(ORIGIN, KEY)
_AT = "2026-11-24T17:00:00Z"


@dataclass
class Log:
    """A log in memory; `files` by path."""

    files: dict[str, bytes] = field(default_factory=dict)
    size: int = 0
    root: bytes = EMPTY_ROOT

    def add(self, entries: Iterable[bytes]) -> "Log":
        growth = grow(self.size, entries, self.read)
        self.files.update(growth)
        self.size, self.root = growth.size, growth.root
        self.files["checkpoint"] = self.note().encode()
        self.files["log.vkey"] = f"{VKEY}\n".encode()
        return self

    def read(self, path: str) -> bytes:
        return self.files[path]

    @property
    def tiles(self) -> Tiles:
        return Tiles(self.read, self.size)

    def note(self) -> str:
        return sign(Checkpoint(ORIGIN, self.size, self.root).text(), ORIGIN, KEY)

    def proof(self, index: int) -> TlogProof:
        return TlogProof(index, tuple(self.tiles.inclusion(index)), self.note())

    def write(self, folder: Path) -> Path:
        for path, content in self.files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        return folder


def small(count: int) -> list[bytes]:
    """Return entries that are no records."""
    return [b"entry %d" % n for n in range(count)]


def suite() -> Record:
    return Record(Kind.SUITE, _AT, {"suite": "demo v1", "sha256": "0" * 64})


def benchmark() -> Record:
    about = {"suite": "demo v1", "specSha256": "1" * 64, "docsRoot": "2" * 64, "documents": 3}
    return Record(Kind.BENCHMARK, _AT, about, refs=(suite().leaf,))


def intent(number: int) -> Record:
    about = {
        "submission": f"s{number}",
        "model": "local:m",
        "revision": "0" * 40,
        "board": "demo",
        "suite": "demo v1",
        "dtype": "float32",
        "chatTemplate": False,
        "rescores": None,
    }
    return Record(Kind.INTENT, _AT, about, refs=(benchmark().leaf,))


def result(number: int) -> Record:
    about = {
        "submission": f"s{number}",
        "model": "local:m",
        "revision": "0" * 40,
        "suite": "demo v1",
    }
    refs = (intent(number).leaf, benchmark().leaf)
    return Record(Kind.RESULT, _AT, about, "3" * 64, "4" * 64, refs)


def failure(number: int) -> Record:
    about = {"submission": f"s{number}", "code": "cancelled"}
    return Record(Kind.FAILURE, _AT, about, refs=(intent(number).leaf,))


def records(runs: int = 3) -> list[bytes]:
    """Return the entries of a log: of the runs the first fails, the last has not ended."""
    made = [suite(), benchmark()]
    for number in range(runs):
        made.append(intent(number))
        if number < runs - 1:
            made.append(result(number) if number else failure(number))
    return [record.encode() for record in made]
