import csv
import io
from dataclasses import replace

import pytest
from pyarrow import parquet

from leaderboard.api.standings import as_data
from leaderboard.boards.exports import as_csv, as_parquet
from leaderboard.boards.view import View
from tests.rows import make_row, make_snapshot


def told(row, names=("patterns", "sums")):
    return as_data(make_snapshot([row], names=names), View()), list(names)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1"])
def test_cell_that_a_spreadsheet_would_run_is_disarmed(text):
    table = as_csv(*told(make_row(licence=text))).decode()
    _, row = csv.reader(io.StringIO(table, newline=""))
    assert row[10] == f"'{text}"


def test_cell_that_is_harmless_stays():
    table = as_csv(*told(make_row("a", value=-0.5, stderr=None, licence=""))).decode()
    _, row = csv.reader(io.StringIO(table))
    assert row[:11] == [
        "0", "", "", "0", "hf:a", make_row("a").commit, make_row("a").result, "-0.5", "",
        "1000000000", "",
    ]  # fmt: skip


NAMES = [("top_n", "model"), ("rank", "licence"), ("a", "a_stderr"), ("rank_", "rank")]


@pytest.mark.parametrize("names", NAMES)
def test_parquet_takes_a_benchmark_of_any_name(names):
    row = replace(make_row(values=(0.25, None)), rank=1)
    table = parquet.read_table(io.BytesIO(as_parquet(*told(row, names))))
    assert len(set(table.column_names)) == 19
    assert table.column(13).to_pylist() == [0.25]
    assert [str(kind) for kind in table.schema.types[13:]] == ["double", "double", "int64"] * 2
