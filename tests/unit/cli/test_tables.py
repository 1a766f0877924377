"""Tables: Markdown in a pipe, and on a terminal never wider than it is."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from leaderboard.cli.scores import duration, parameters, percent
from leaderboard.cli.tables import Column, Table
from tests.unit.cli.hostile import HostileSite, Reply

_COLUMNS = (
    Column("#", right=True),
    Column("Model", folds=True),
    Column("Score", right=True),
    Column("patterns", right=True, may_go=True),
    Column("sums", right=True, may_go=True),
)
_LONG = ["1", "hf:organisation/a-rather-long-name-of-a-model", "51.2 ±1.0", "50.0 ±2.0", "7.0 ±1"]


def test_table_is_as_wide_as_it_needs_be_in_a_pipe() -> None:
    assert Table(_COLUMNS, [_LONG]).lines(None) == [
        "| #|Model                                        |    Score| patterns|  sums|",
        "|-:|---------------------------------------------|--------:|--------:|-----:|",
        "| 1|hf:organisation/a-rather-long-name-of-a-model|51.2 ±1.0|50.0 ±2.0|7.0 ±1|",
    ]


def test_long_name_is_folded_on_a_terminal() -> None:
    assert Table(_COLUMNS, [_LONG]).lines(60) == [
        "| #|Model                       |    Score| patterns|  sums|",
        "|-:|----------------------------|--------:|--------:|-----:|",
        "| 1|hf:organisation/a-rather-lon|51.2 ±1.0|50.0 ±2.0|7.0 ±1|",
        "|  |g-name-of-a-model           |         |         |      |",
    ]


def test_what_does_not_fit_a_narrow_terminal_is_named() -> None:
    lines = Table(_COLUMNS, [_LONG]).lines(32)
    assert lines[0] == "| #|Model            |    Score|"
    assert lines[-1] == "Too narrow for: patterns, sums."


def test_arabic_name_keeps_its_row_in_order() -> None:
    row = ["1", "hf:نموذج/عربي", "51.2 ±1.0", "-", "-"]
    assert Table(_COLUMNS, [row]).lines(None)[2].startswith("| 1|hf:نموذج/عربي|51.2")
    shown = Table(_COLUMNS, [row]).lines(80)
    assert shown[2].startswith("\u200e|\u200e 1\u200e|\u200ehf:نموذج/عربي\u200e|\u200e51.2")
    assert cell_len(shown[2]) == cell_len(shown[0])
    assert "\u200e" not in shown[0]


def test_nothing_of_a_cell_steers_the_terminal() -> None:
    row = ["1", "a\nb\x1b[1mc\u202ed", "-", "-", "-"]
    assert "|a b[1mcd|" in Table(_COLUMNS, [row]).lines(None)[2]


_texts = st.text(max_size=40)


@given(st.lists(st.tuples(*[_texts] * 5), max_size=4), st.integers(36, 200))
def test_every_row_is_as_wide_as_the_rule_and_fits(
    rows: list[tuple[str, str, str, str, str]], width: int
) -> None:
    columns = [Column(c.title, c.right, folds=not c.may_go, may_go=c.may_go) for c in _COLUMNS]
    lines = [one for one in Table(columns, rows).lines(width) if not one.startswith("Too")]
    assert {cell_len(one) for one in lines} == {cell_len(lines[0])}
    assert cell_len(lines[0]) <= max(width, 4 + 3 * 12)


@pytest.mark.parametrize(
    ("value", "stderr", "expected"),
    [
        (0.512, 0.0051, "51.2 ±1.0"),
        (0.512, None, "51.2"),
        (0.5, 0.0, "50.0 ±0.0"),
        (0.5, 0.0001, "50.00 ±0.02"),
        (None, None, "-"),
        (-0.01, 0.01, "-1.0 ±2.0"),
    ],
)
def test_percent_has_half_of_the_interval(
    value: float | None, stderr: float | None, expected: str
) -> None:
    assert percent(value, stderr) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-1, "0 s"), (99, "99 s"), (100, "2 min"), (5999, "100 min"), (7260, "2 h 01 min")],
)
def test_duration_takes_the_unit_that_reads_best(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


@pytest.mark.parametrize(
    ("count", "expected"),
    [(999, "999"), (1_234, "1.2K"), (623_000, "623K"), (1_700_000_000, "1.7B")],
)
def test_parameters_are_counted_as_people_do(count: int, expected: str) -> None:
    assert parameters(count) == expected


def test_board_bears_rows_of_the_wrong_kind(
    assay: Callable[..., Any], hostile: HostileSite
) -> None:
    about = {"title": 3, "suite": None, "benchmarks": [{"name": "sums"}, {}, {"name": 7}]}
    rows = [{}, {"rank": "1", "model": [], "score": "high", "benchmarks": {"sums": 3}}]
    hostile.answers("boards/demo", Reply(about))
    hostile.answers("boards/demo/standings", Reply({"standings": rows}))
    said = assay("board", "demo", "--site", hostile.address)
    assert (said.exit_code, said.stderr) == (0, "")
    assert said.stdout.splitlines()[0] == "demo, "
