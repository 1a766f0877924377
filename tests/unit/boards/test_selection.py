from datetime import UTC, datetime

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from evaluations.card import CardMetadata
from evaluations.openness import judge
from evaluations.queries.support import Support
from leaderboard.boards.facets import FACETS
from leaderboard.boards.selection import select
from leaderboard.boards.view import View
from tests.rows import make_row, make_snapshot

OPTIONS: dict[str, list[str]] = {
    "language": ["sw", "ar", "none"],
    "openness": ["open", "not open", "not reported"],
    "evidence": [Support.ONCE, Support.DIVERGED],
    "type": ["base", "chat"],
    "licence": ["mit", "apache-2.0", "none"],
    "precision": ["float32", "bfloat16"],
    "engine": ["hf on cpu", "vllm on cuda"],
}


def asked(snapshot, query=""):
    return select(snapshot, View.of(QueryDict(query)))


def names(selection):
    return [row.name for _, row in selection.shown]


@st.composite
def boards(draw):
    """Boards of two sections whose rows differ in every facet."""
    sections = []
    for precision in OPTIONS["precision"]:
        count = draw(st.integers(1, 6))
        sections.append(
            [
                make_row(
                    f"{precision}-{number}",
                    licence=draw(st.sampled_from(["mit", "apache-2.0", ""])),
                    languages=tuple(
                        draw(st.lists(st.sampled_from(["sw", "ar"]), unique=True, max_size=2))
                    ),
                    openness=judge(
                        CardMetadata(license=(draw(st.sampled_from(["mit", "llama3", "x"])),)),
                        has_card=True,
                    ),
                    support=draw(st.sampled_from(OPTIONS["evidence"])),
                    chat=draw(st.booleans()),
                    parameters=draw(st.integers(1, 4)) * 10**9,
                    settings={
                        "precision": precision,
                        "engine": draw(st.sampled_from(OPTIONS["engine"])),
                    },
                )
                for number in range(count)
            ]
        )
    return make_snapshot(*sections)


@st.composite
def views(draw):
    chosen = {
        name: tuple(draw(st.lists(st.sampled_from([*values, "nonsense"]), unique=True, max_size=2)))
        for name, values in OPTIONS.items()
    }
    return View(
        q=draw(st.sampled_from(["", "float", "-1; -2", "@licence:mit", "/[0-3]$/"])),
        least=draw(st.sampled_from(["", "2B"])),
        most=draw(st.sampled_from(["", "3B"])),
        chosen={name: values for name, values in chosen.items() if values},
    )


@given(boards(), views())
def test_count_of_a_value_is_how_many_rows_choosing_it_alone_leaves(board, view):
    selection = select(board, view)
    for facet, counter in zip(FACETS, selection.counts, strict=True):
        for value in OPTIONS[facet.name]:
            alone = View(
                q=view.q, least=view.least, most=view.most,
                chosen={**view.chosen, facet.name: (value,)},
            )  # fmt: skip
            assert counter[value] == len(select(board, alone).rows), (facet.name, value)


@given(boards(), views())
def test_row_is_shown_if_it_has_one_of_the_chosen_values_of_every_facet(board, view):
    unfiltered = select(board, View(q=view.q, least=view.least, most=view.most)).rows
    expected = [
        (place, row)
        for place, row in unfiltered
        if all(
            set(facet.read(row)) & set(view.chosen[facet.name])
            for facet in FACETS
            if facet.name in view.chosen
        )
    ]
    assert select(board, view).rows == expected


def test_chips_offer_what_there_is_a_choice_of_and_what_was_chosen():
    board = make_snapshot([make_row("a", licence="mit"), make_row("b", licence="")])
    chips = {facet.name: choices for facet, choices in asked(board).chips()}
    assert [(c.value, c.label, c.count, c.chosen) for c in chips.pop("licence")] == [
        ("mit", "mit", 1, False), ("none", "not reported", 1, False),
    ]  # fmt: skip
    assert chips == {}
    chips = {facet.name: choices for facet, choices in asked(board, "type=nonsense").chips()}
    assert [(c.value, c.count, c.chosen, c.link) for c in chips["type"]] == [
        ("base", 2, False, "?type=nonsense&type=base"), ("nonsense", 0, True, "?"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("least=1B", ["one", "two"]),
        ("most=1B", ["half", "one"]),
        ("least=0.6b&most=1.5B", ["one"]),
        ("least=1000000000&most=1000M", ["one"]),
        ("least=3B&most=1B", []),
        ("least=0&most=9T", ["half", "one", "two"]),
    ],
)
def test_size_is_bounded_both_ways_inclusively(query, expected):
    rows = [
        make_row("half", parameters=5 * 10**8), make_row("one"),
        make_row("two", parameters=2 * 10**9),
    ]  # fmt: skip
    assert names(asked(make_snapshot(rows), query)) == expected


@pytest.mark.parametrize("text", ["big", "<2B", "-1B", "1e9", "nan", "1,5B"])
def test_bound_that_is_no_size_is_named_and_bounds_nothing(text):
    selection = asked(make_snapshot([make_row()]), f"least={text}")
    assert selection.problems == (f"{text} is no size; one is written like 1.5B or 360M.",)
    assert len(selection.rows) == 1


def test_pinned_rows_stay_on_top_whatever_is_filtered():
    rows = [make_row(name) for name in "abc"]
    query = f"pin={rows[2].result}&pin={rows[0].result}&pin=unknown"
    for filters in ("", "&q=nothing", "&licence=x", "&least=9T", "&page=9", "&q=b"):
        selection = asked(make_snapshot(rows), query + filters)
        assert [row.name for _, row in selection.pinned] == ["a", "c"], filters
    assert names(selection) == ["b"]


MOMENTS = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3)]


@pytest.mark.parametrize(
    ("sort", "rising"),
    [
        ("score", "cba"), ("model", "abc"), ("size", "bca"), ("date", "acb"),
        ("sums", "ba"), ("energy", "cb"),
    ],
)  # fmt: skip
def test_rows_are_sorted_both_ways_and_missing_values_stay_last(sort, rising):
    rows = [
        make_row("a", value=0.9, parameters=3, published_at=MOMENTS[0], values=(0.1, 0.8)),
        make_row("b", value=0.8, parameters=1, published_at=MOMENTS[2], values=(0.1, 0.2),
                 joules=9.0),
        make_row("c", value=0.7, parameters=2, published_at=MOMENTS[1], values=(0.1, None),
                 joules=1.0),
    ]  # fmt: skip
    board, missing = make_snapshot(rows), sorted(set("abc") - set(rising))
    assert names(asked(board, f"sort={sort}&order=asc")) == [*rising, *missing]
    assert names(asked(board, f"sort={sort}&order=desc")) == [*reversed(rising), *missing]


def test_equal_values_stay_in_the_order_of_their_scores():
    rows = [make_row(name, value=value, parameters=5) for name, value in (("b", 0.9), ("a", 0.1))]
    for order in ("asc", "desc"):
        assert names(asked(make_snapshot(rows), f"sort=size&order={order}")) == ["b", "a"]


@pytest.mark.parametrize("query", ["", "sort=model", "sort=size&order=desc", "sort=nothing"])
def test_sections_stay_apart_in_every_order(query):
    usual = [make_row(f"m{number}", value=number / 10) for number in (2, 1)]
    apart = [make_row("a", value=0.99, parameters=9, settings={"precision": "bfloat16"})]
    selection = asked(make_snapshot(usual, apart), query)
    assert [place for place, _ in selection.rows] == [0, 0, 1]


@pytest.mark.parametrize(
    ("query", "page", "shown", "last"),
    [
        ("per=25", 1, 25, 25), ("per=25&page=2", 2, 25, 50), ("per=25&page=3", 3, 1, 51),
        ("per=25&page=9", 3, 1, 51), ("per=25&page=0", 1, 25, 25), ("page=-1", 1, 51, 51),
        ("page=x", 1, 51, 51), ("per=7", 1, 51, 51), ("per=25&q=nothing", 1, 0, 0),
    ],
)  # fmt: skip
def test_page_holds_its_rows_and_the_last_one_stands_for_later_ones(query, page, shown, last):
    selection = asked(make_snapshot([make_row(f"model-{n:02}") for n in range(51)]), query)
    found = (selection.page, len(selection.shown), selection.last)
    assert found == (page, shown, last)
    assert [row.name for _, row in selection.shown] == [
        f"model-{n:02}" for n in range(last - shown, last)
    ]
