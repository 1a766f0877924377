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


class EffortOut(Schema):
    """What a run took; null and empty where nothing was recorded.

    Attributes:
        wall_seconds: from start to end, pauses included.
        worker_seconds: of all workers together, over every attempt.
        energy_joules: of the same; null if it was not measured.
        energy_method: `measured`, `estimated`, or another word; empty if nobody said.
        isolation: `bubblewrap`, or `none` if any part ran without a sandbox.
    """

    started: datetime | None
    finished: datetime | None
    wall_seconds: float | None
    worker_seconds: float | None
    energy_joules: float | None
    energy_watt_hours: float | None
    energy_method: str
    isolation: str


class ResultOut(Schema):
    """A published result.

    Attributes:
        suite: the version that it was measured by.
        rank: null if the result was withdrawn, removed or superseded, or its board measures by
            another version of the suite by now; it keeps its address and files.
        removed: whether an operator took it off its board.
        supersedes: the id of the result whose answers were scored again, or null.
        superseded_by: the id of the result that scored these answers again, or null.
        signed: whether there is a signed statement, which the log has.
        log_index: its place in the log; null for a result from before there was one.
    """

    id: str
    model: str
    revision: str
    licence: str
    board: str
    suite: str
    rank: int | None
    withdrawn: bool
    removed: bool
    supersedes: str | None
    superseded_by: str | None
    score: float
    stderr: float | None
    published_at: datetime
    submission: str
    benchmarks: list[LineOut]
    files: list[FileOut]
    pins: PinsOut
    effort: EffortOut
    plan_sha256: str
    manifest_sha256: str
    bundle_sha256: str
    bundle_size: int
    signed: bool
    log_index: int | None
    links: Links
