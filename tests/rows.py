"""Rows and boards of no database, for what only looks at rows."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from evaluations.card import CardMetadata
from evaluations.models import Benchmark, Board, Suite
from evaluations.openness import judge
from evaluations.queries.comparable import Settings
from evaluations.queries.standings import Cell, Row, Section, Standings
from evaluations.queries.support import Support
from evaluations.scoring.aggregate import Estimate
from leaderboard.boards.snapshot import Snapshot, made_of

USUAL = Settings(suite="demo v1", harness="0.4.13", engine="hf on cpu", precision="float32")


def make_row(name: str = "org/plover", **fields: Any) -> Row:
    """Make a row; `value` is its score, `values` those of its benchmarks, None for a gap."""
    value, stderr = fields.pop("value", 0.5), fields.pop("stderr", 0.01)
    values = fields.pop("values", (0.5, 0.5))
    settings = replace(USUAL, **fields.pop("settings", {}))
    row = Row(
        result=hashlib.sha256(name.encode()).hexdigest()[:10],
        source="hf", name=name, commit=hashlib.sha256(name.encode()).hexdigest()[:40],
        licence="apache-2.0", languages=(), openness=judge(CardMetadata(), has_card=True),
        architecture="LlamaForCausalLM", parameters=1_000_000_000,
        chat=False, template=False, settings=settings, support=Support.ONCE,
        manifest_sha256="0" * 64, published_at=datetime(2026, 1, 2, tzinfo=UTC), joules=None,
        estimate=Estimate(value, stderr), n=480,
        cells=tuple(None if each is None else Cell(Estimate(each, 0.02), 240) for each in values),
    )  # fmt: skip
    return replace(row, **fields)


def make_snapshot(*sections: list[Row], names: tuple[str, ...] = ("patterns", "sums")) -> Snapshot:
    """Make a board of sections of rows."""
    benchmarks = [Benchmark(name=name, title=name, documents=240, baseline=0.25) for name in names]
    board = Board(slug="demo", title="Demo", suite=Suite(name="demo", version=1))
    made = [Section(rows[0].settings, (), rows) for rows in sections]
    return made_of(Standings(board, "version", datetime(2026, 1, 2, tzinfo=UTC), benchmarks, made))
