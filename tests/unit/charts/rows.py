"""Rows of a board that no database knows."""

from datetime import UTC, datetime, timedelta
from typing import Any

from evaluations.card import CardMetadata
from evaluations.openness import judge
from evaluations.queries.comparable import Settings
from evaluations.queries.standings import Row
from evaluations.queries.support import Support
from evaluations.scoring.aggregate import Estimate

FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def row(place: int = 0, *, value: float = 0.5, stderr: float | None = 0.01, **fields: Any) -> Row:
    """Return a row; its size, date and energy grow with its place."""
    defaults: dict[str, Any] = {
        "result": f"r{place}", "source": "hf", "name": f"org/model-{place}", "commit": "c",
        "licence": "mit", "languages": (), "openness": judge(CardMetadata(), has_card=True),
        "architecture": "Llama", "parameters": (place + 1) * 10**8,
        "chat": False, "template": False, "settings": Settings("s v1", "1", "hf on cpu", "f32"),
        "support": Support.ONCE, "manifest_sha256": "0" * 64,
        "published_at": FIRST + timedelta(days=place), "joules": 3600.0 * (place + 1),
        "cells": (), "n": 1,
    }  # fmt: skip
    return Row(estimate=Estimate(value, stderr), **defaults | fields)
