"""`assay verify` over a large bundle, in a process of its own: rows a second, and its memory."""

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import zstandard

from evaluations.provenance.merkle import tree_root_hex
from tests.bundles import (
    CHOICE,
    CONFIGS,
    Draft,
    benchmark,
    choice_row,
    doc_hash,
    json_copy,
    line,
    mean_error,
    plan_of,
    request_hash,
    score_of,
    sha256,
    weights,
)
from tests.performance.figures import Budget, Report
from tests.servers import ROOT
from tests.signed import signed, write_tar

ROWS, ROW_BYTES = 100_000, 14_000
_SHOTS = 5


@dataclass
class _Written:
    """What a bundle's other files say of rows that are not kept."""

    data: bytes = b""
    size: int = 0
    documents: bytearray = field(default_factory=bytearray)
    requests: bytearray = field(default_factory=bytearray)
    values: dict[str, list[float]] = field(default_factory=dict)
    hashes: list[str] = field(default_factory=list)


def measure(budget: Budget) -> Report:
    """Check a signed bundle of multiple-choice rows with five shots each."""
    report = Report(f"verify: {ROWS:,} rows of about {ROW_BYTES:,} bytes, every check")
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        path = Path(folder) / "bundle.tar"
        # In a process of its own: what starts another hands its own largest memory on.
        written = [sys.executable, "-m", "tests.performance.verification", str(path)]
        plain = int(subprocess.check_output(written, cwd=ROOT))
        seconds, memory = [], []
        for _ in budget.rounds(3):
            spent, peak = _verify(path)
            seconds.append(spent)
            memory.append(peak)
        report.notes.append(
            f"{plain / 1e6:,.0f} MB of rows, {path.stat().st_size / 1e6:,.0f} MB as a bundle"
        )
    spent = report.add("assay verify, from start to end", "s", seconds)
    report.compare("rows a second", ROWS / spent, goal=">= 15000", unit="rows/s")
    peak = report.add("its largest memory", "MB", memory)
    report.compare("largest memory", peak, goal="<= 300", unit="MB")
    return report


def _verify(path: Path) -> tuple[float, float]:
    """Return the seconds that it took and the megabytes that it had at most."""
    command = [sys.executable, "-m", "leaderboard.cli", "verify", str(path), "--json"]
    began = time.monotonic()
    process = subprocess.Popen(
        [*command, "--no-remember"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(said)
    return seconds, usage.ru_maxrss * 1024 / 1e6


def write_bundle(path: Path, count: int) -> int:
    """Write a signed bundle of one task with so many rows; returns their bytes."""
    written = _Written()
    packer = zstandard.ZstdCompressor(level=3).compressobj()
    parts = []

    def lines() -> Iterator[bytes]:
        for row in _rows(count):
            text = line(row)
            written.size += len(text) + 1
            parts.append(packer.compress(text + b"\n"))
            _note(written, row)
            yield text

    root = tree_root_hex(lines())
    packed = b"".join(parts) + packer.flush()
    made = _draft(written, count)
    made.scores["samples"] = [{"task": CHOICE, "rows": count, "root": root}]
    files = made.files() | {f"results/samples/{CHOICE}.jsonl.zst": packed}
    write_tar(path, signed(files))
    return written.size


def _rows(count: int) -> Iterator[dict[str, Any]]:
    chance = random.Random(1)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyzé", k=6)) for _ in range(2000)]
    each = ROW_BYTES // 4 // _SHOTS - 30
    pool = [" ".join(chance.choices(words, k=each // 7)) + "\n\n" for _ in range(500)]
    for doc_id in range(count):
        yield choice_row(chance, doc_id, "".join(chance.choices(pool, k=_SHOTS)))


def _note(written: _Written, row: dict[str, Any]) -> None:
    written.documents += bytes.fromhex(doc_hash(row["doc"]))
    for arguments in row["arguments"].values():
        written.requests += request_hash(list(arguments.values()))
    for metric in row["metrics"]:
        written.values.setdefault(metric, []).append(row[metric])
    written.hashes += [row[name] for name in ("doc_hash", "prompt_hash", "target_hash")]


def _draft(written: _Written, count: int) -> Draft:
    task = {
        "output_type": "multiple_choice",
        "filters": ["none"],
        "repeats": 1,
        "documents": count,
        "documents_root": tree_root_hex(_digests(written.documents)),
        "requests": 4 * count,
        "requests_root": tree_root_hex(_digests(written.requests)),
    }
    entry: dict[str, Any] = {"name": CHOICE, "alias": CHOICE, "sample_len": count}
    for metric, values in written.values.items():
        entry[f"{metric},none"] = sum(values) / count
        entry[f"{metric}_stderr,none"] = mean_error(values)
    results = {
        "results": {CHOICE: entry},
        "configs": {CHOICE: CONFIGS[CHOICE]},
        "group_subtasks": {},
        "n-samples": {CHOICE: {"original": count, "effective": count}},
        "task_hashes": {CHOICE: sha256("".join(written.hashes))},
    }
    benchmarks = [benchmark(CHOICE, "acc_norm", "none")]
    scores = score_of(results, benchmarks)
    plan = plan_of(benchmarks, {CHOICE: task})
    made = Draft(plan, weights(), results, scores, {})
    return json_copy(made)


def _digests(joined: bytearray) -> Iterator[bytes]:
    return (bytes(joined[at : at + 32]) for at in range(0, len(joined), 32))


if __name__ == "__main__":
    print(write_bundle(Path(sys.argv[1]), ROWS))  # noqa: T201  for the process that started this
