"""Small data under the names of real datasets, as their repositories on a hub hold them."""

import io
import string
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

#: Documents of each test split.
COUNT = 9


def arc() -> dict[str, bytes]:
    """`allenai/ai2_arc`, with the configuration that `arc_challenge` reads."""
    rows: list[dict[str, Any]] = [
        {
            "id": f"q{n}",
            "question": f"Which letter comes after {string.ascii_lowercase[n]}?",
            "choices": {
                "text": [string.ascii_lowercase[(n + step) % 26] for step in (1, 2, 3, 4)],
                "label": ["A", "B", "C", "D"],
            },
            "answerKey": "A",
        }
        for n in range(20)
    ]
    return repository(
        "ARC-Challenge", {"train": rows[COUNT:], "validation": rows[:3], "test": rows[:COUNT]}
    )


def gsm8k() -> dict[str, bytes]:
    """`openai/gsm8k`."""
    rows: list[dict[str, Any]] = [
        {"question": f"What is {n} plus {n}?", "answer": f"{n} + {n} = {2 * n}\n#### {2 * n}"}
        for n in range(20)
    ]
    return repository("main", {"train": rows[COUNT:], "test": rows[:COUNT]})


def hellaswag() -> dict[str, bytes]:
    """`Rowan/hellaswag`, whose documents lm-eval makes by Python of its own."""
    rows: list[dict[str, Any]] = [
        {
            "ctx_a": f"Ana has {n} apples.",
            "ctx_b": "then she",
            "activity_label": "Counting",
            "endings": [f"gets {n + step} [title] more." for step in range(4)],
            "label": str(n % 4),
        }
        for n in range(20)
    ]
    return repository("default", {"train": rows[COUNT:], "validation": rows[:COUNT]})


def repository(config: str, splits: dict[str, list[dict[str, Any]]]) -> dict[str, bytes]:
    """Return a dataset's files: a card that lists its splits, and one Parquet file for each."""
    files = {
        f"{config}/{name}-00000-of-00001.parquet": _parquet(rows) for name, rows in splits.items()
    }
    listed = [{"split": name, "path": f"{config}/{name}-*"} for name in splits]
    front = yaml.safe_dump(
        {"license": "mit", "configs": [{"config_name": config, "data_files": listed}]}
    )
    return files | {"README.md": f"---\n{front}---\nMade up, for tests.\n".encode()}


def _parquet(rows: list[dict[str, Any]]) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), target)
    return target.getvalue()
