"""Tables that a worker makes of a run's samples."""

import io
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from evaluations import store
from evaluations.errors import AssayError
from tests.bundles import line
from tests.samples import by_filter, choice, written
from workers.bundle import BenchmarkSpec
from workers.tables import write_tables


def spec(task: str, metric: str, name: str, *, withheld: bool = False) -> BenchmarkSpec:
    component = {"task": task, "metric": metric, "filter": name, "baseline": 0.0}
    return BenchmarkSpec(
        task, task, 0, [metric], name, 0.0, "mean", normalised=False, withheld=withheld,
        components=[component],
    )  # fmt: skip


def write_rows(root: Path, task: str, rows: Sequence[object]) -> None:
    folder = root / "results" / "samples"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{task}.jsonl").write_bytes(b"".join(line(row) + b"\n" for row in rows))


def test_worker_makes_a_table_of_each_samples_file(tmp_path: Path) -> None:
    root = tmp_path / "slot"
    write_rows(root, "closed", [choice(n) for n in range(2)])
    write_rows(root, "writing", by_filter([written(0, "?", "a b", "a", kept="a")]))
    made = write_tables(
        root,
        [spec("closed", "acc", "none", withheld=True), spec("writing", "exact_match", "kept")],
    )
    assert [(one.task, one.rows, one.withheld) for one in made] == [
        ("closed", 2, True),
        ("writing", 2, False),
    ]
    closed, writing = (pq.read_table(io.BytesIO(store.get_bytes(one.sha256))) for one in made)
    assert closed.column_names == ["row", "doc_id", "filter", "metric.acc"]
    assert writing.column("answer").to_pylist() == ["a b", "a"]
    assert writing.column("right").to_pylist() == [False, True]
    assert [path.name for path in root.iterdir()] == ["results"]


def test_samples_that_are_none_fail_the_run_as_the_engines_fault(tmp_path: Path) -> None:
    write_rows(tmp_path, "writing", [b"{}"])
    with pytest.raises(AssayError, match="The samples of writing can't be read") as refused:
        write_tables(tmp_path, [])
    assert refused.value.code == "engine_bug"
