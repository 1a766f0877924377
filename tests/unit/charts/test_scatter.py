import re
from itertools import combinations
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.charts import axes
from leaderboard.charts.labels import covered
from leaderboard.charts.measures import MEASURES, measure
from leaderboard.charts.scatter import DOTS, LINKED, scatter
from leaderboard.charts.svg import scatter_svg
from tests.unit.charts.rows import row

SCORES = st.lists(st.tuples(st.floats(0, 1), st.integers(1, 10**12)), min_size=1, max_size=60)


def parsed(svg):
    return ElementTree.fromstring(svg)  # noqa: S314  we drew it


def rows_of(pairs):
    ordered = sorted(pairs, key=lambda pair: -pair[0])
    return [row(n, value=v, parameters=size) for n, (v, size) in enumerate(ordered)]


def test_without_rows_nothing_is_drawn():
    assert scatter_svg(scatter([], measure("size"))) == ""


@pytest.mark.parametrize("name", [each.name for each in MEASURES])
@pytest.mark.parametrize("stderr", [None, 0.0, 0.01, 0.4])
def test_a_single_row_is_a_point_on_the_line(name, stderr):
    drawing = scatter([row(stderr=stderr)], measure(name))
    (mark,) = drawing.marks
    assert mark.best
    assert drawing.line == [(mark.x, mark.y)]
    assert drawing.across
    assert drawing.up
    assert 0 < mark.x < axes.RIGHT
    assert mark.top <= mark.y <= mark.bottom


@pytest.mark.parametrize("name", [each.name for each in MEASURES])
def test_rows_of_one_size_one_date_and_one_energy_stand_over_each_other(name):
    same: dict[str, Any] = {
        "parameters": 10**9,
        "published_at": row().published_at,
        "joules": 3600.0,
    }
    drawing = scatter([row(n, value=0.9 - n / 10, **same) for n in range(3)], measure(name))
    assert len({mark.x for mark in drawing.marks}) == 1
    assert [mark.best for mark in drawing.marks] == [True, False, False]


def test_rows_of_equal_score_stand_beside_each_other_and_the_smallest_is_best():
    drawing = scatter([row(n) for n in range(3)], measure("size"))
    assert len({mark.y for mark in drawing.marks}) == 1
    assert [mark.best for mark in drawing.marks] == [True, False, False]


def test_rows_without_energy_are_left_out_and_counted():
    rows = [row(0), row(1, joules=None), row(2, joules=0.0)]
    drawing = scatter(rows, measure("energy"))
    assert [mark.row.result for mark in drawing.marks] == ["r0"]
    assert drawing.left_out == ("2 models are left out: the energy of their runs was not measured.")


def test_where_no_energy_was_measured_nothing_is_drawn_but_rows_are_counted():
    drawing = scatter([row(joules=None)], measure("energy"))
    assert scatter_svg(drawing) == ""
    assert drawing.left_out == "1 model is left out: the energy of its run was not measured."


@pytest.mark.parametrize("name", [each.name for each in MEASURES])
def test_ten_thousand_rows_are_bounded_and_keep_the_line_and_the_top(name):
    rows = [
        row(n, value=1 - n / 10_000, parameters=10**9 - n % 97, joules=1e6 - n % 89)
        for n in range(10_000)
    ]
    drawing = scatter(rows, measure(name))
    assert len(drawing.marks) == LINKED
    assert 0 < len(drawing.dots) <= DOTS
    assert drawing.drawn <= 300
    assert {f"r{n}" for n in range(10)} <= {mark.row.result for mark in drawing.marks}
    assert len(drawing.line) == len({(mark.x, mark.y) for mark in drawing.marks if mark.best})
    assert len(scatter_svg(drawing)) < 20_000
    assert scatter(rows, measure(name)) == drawing


def test_ten_thousand_rows_of_which_none_beats_another_are_bounded():
    rows = [row(n, value=1 - n / 10_000, parameters=10**9 - n) for n in range(10_000)]
    drawing = scatter(rows, measure("size"))
    assert drawing.drawn <= 300
    assert all(mark.best for mark in drawing.marks)
    assert len(scatter_svg(drawing)) < 30_000


@given(SCORES)
def test_names_never_lie_over_each_other_in_either_size_of_type(pairs):
    drawing = scatter(rows_of(pairs), measure("size"))
    large = [label.box for label in drawing.labels.values()]
    assert not any(a.meets(b) for a, b in combinations(large, 2))
    usual = [
        covered(label.x, label.y, label.anchor, label.text, axes.USUAL)
        for label in (*drawing.labels.values(), *drawing.small.values())
    ]
    assert not any(a.meets(b) for a, b in combinations(usual, 2))
    assert not drawing.labels.keys() & drawing.small.keys()


@given(SCORES)
def test_every_point_and_tick_lies_within_the_drawing(pairs):
    drawing = scatter(rows_of(pairs), measure("size"))
    for mark in drawing.marks:
        assert drawing.left <= mark.x <= axes.RIGHT
        assert axes.TOP <= mark.top <= mark.y <= mark.bottom <= axes.BOTTOM
    assert all(drawing.left <= tick.at <= axes.RIGHT for tick in drawing.across)
    assert all(axes.TOP <= tick.at <= axes.BOTTOM for tick in drawing.up)


def test_drawing_is_well_formed_and_its_points_are_links_with_a_title():
    rows = [row(0, value=0.512, stderr=0.0051), row(1, value=0.4, chat=True)]
    tree = parsed(scatter_svg(scatter(rows, measure("size"))))
    links = {link.get("href"): link.findtext("title") for link in tree.iter("a")}
    assert links == {"/results/r0/": "model-0 51.2 ±1.0", "/results/r1/": "model-1 40.0 ±2.0"}
    assert tree.get("aria-label") == "Score against size"


def test_base_and_chat_have_different_shapes():
    shapes = {
        chat: re.sub(r"M\d+ \d+", "", path)
        for chat in (False, True)
        for path in re.findall(
            r'</title><path d="(.*?)"', scatter_svg(scatter([row(chat=chat)], measure("size")))
        )
    }
    assert shapes[False] != shapes[True]


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a\"b'c&d", "نموذج", "</title>"])
def test_hostile_names_are_text(name):
    svg = scatter_svg(scatter([row(name=name)], measure("size")))
    tree = parsed(svg)
    assert {each.tag for each in tree.iter()} <= {"svg", "g", "a", "path", "text", "title"}
    assert "<script" not in svg
