"""A result as data: its lines, files and pins."""

from datetime import datetime

from ninja import Schema

from leaderboard.api.benchmarks import ProtocolOut
from leaderboard.api.links import Links


class LineOut(ProtocolOut):
    """A benchmark's value on the metric's scale; `best` is the greatest on the board."""

    value: float | None
    stderr: float | None
    n: int | None
    best: float | None


class FileOut(Schema):
    """A file of the model."""

    path: str
    size: int
    sha256: str


class TaskPinsOut(Schema):
    """What was asked of one task; roots are RFC 6962 tree hashes."""

    task: str
    documents: int
    documents_root: str
    requests: int
    requests_root: str


class MachineOut(Schema):
    """The machine that answered."""

    processor: str
    platform: str
    python: str
    cpu_count: int | None
    threads: int | None


class PinsOut(Schema):
    """Everything that must be equal for a run to be the same run again."""

    engine: str
    lm_eval: str
    transformers: str
    torch: str
    dtype: str
    batch_size: int | None
    device: str
    chat_template: bool
    template_sha256: str
    seeds: list[int]
    suite_sha256: str
    pack_sha256: str
    tasks: list[TaskPinsOut]
    machine: MachineOut


class ResultOut(Schema):
    """A published result.

    Attributes:
        rank: null if the result was withdrawn; it keeps its address and files.
        signed: false: the digests are the site's word, nothing more yet.
    """

    id: str
    model: str
    revision: str
    licence: str
    board: str
    suite: str
    rank: int | None
    withdrawn: bool
    score: float
    stderr: float | None
    published_at: datetime
    submission: str
    benchmarks: list[LineOut]
    files: list[FileOut]
    pins: PinsOut
    plan_sha256: str
    manifest_sha256: str
    bundle_sha256: str
    bundle_size: int
    signed: bool
    links: Links
