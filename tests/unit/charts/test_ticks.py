from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.charts.measures import decimals, measure
from leaderboard.charts.ticks import MOST, even, growing, moments

#: Over two centuries, to the second.
MOMENTS = st.integers(0, 2 * 10**9 * 3).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(st.floats(-100, 200), st.floats(0.01, 200))
def test_even_ticks_are_few_evenly_spaced_and_within(low, span):
    high = low + span
    found = even(low, high)
    assert 2 <= len(found) <= MOST
    assert low - span / 1e6 <= found[0]
    assert found[-1] <= high + span / 1e6
    gaps = [b - a for a, b in pairwise(found)]
    assert gaps == pytest.approx([gaps[0]] * len(gaps))
    digits = f"{gaps[0]:.0e}"
    assert digits[0] in "125"


@given(st.floats(-100, 200), st.floats(0.01, 200))
def test_ticks_are_written_differently_and_as_they_are(low, span):
    found = even(low, low + span)
    texts = decimals(found)
    assert len(set(texts)) == len(texts)
    assert [float(text) for text in texts] == pytest.approx(found, abs=1e-9)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (33, 52, [35, 40, 45, 50]),
        (0, 100, [0, 20, 40, 60, 80, 100]),
        (0.1, 0.35, [0.1, 0.15, 0.2, 0.25, 0.3, 0.35]),
        (5, 5, [5]),
    ],
)
def test_even_ticks_are_those_that_people_count_in(low, high, ticks):
    assert even(low, high) == ticks


@given(st.floats(1e-3, 1e12), st.floats(1.001, 1e9))
def test_growing_ticks_are_few_grow_and_lie_within(low, factor):
    found = growing(low, low * factor)
    assert 2 <= len(found) <= MOST
    assert found == sorted(set(found))
    assert low * (1 - 1e-6) <= found[0]
    assert found[-1] <= low * factor * (1 + 1e-6)


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (0.4e9, 3.1e9, ["0.5B", "0.7B", "1B", "1.5B", "2B", "3B"]),
        (0.1e9, 10e9, ["0.1B", "0.2B", "0.5B", "1B", "2B", "5B", "10B"]),
        (5e6, 90e6, ["5M", "10M", "20M", "50M"]),
        (5e4, 5e11, ["0.1M", "1M", "10M", "0.1B", "1B", "10B", "100B"]),
    ],
)
def test_sizes_are_written_in_nice_numbers(low, high, texts):
    assert [text for _value, text in measure("size").ticks(low, high)] == texts


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (0.3, 3, ["0.3 Wh", "0.5 Wh", "0.7 Wh", "1 Wh", "1.5 Wh", "2 Wh", "3 Wh"]),
        (400, 2500, ["500 Wh", "700 Wh", "1 kWh", "1.5 kWh", "2 kWh"]),
    ],
)
def test_energies_are_written_in_nice_numbers(low, high, texts):
    assert [text for _value, text in measure("energy").ticks(low, high)] == texts


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=36_500)))
def test_moments_are_few_grow_lie_within_and_differ_in_words(low, span):
    found = moments(low, low + span)
    assert 1 <= len(found) <= MOST
    times = [moment for moment, _text in found]
    assert times == sorted(set(times))
    assert low <= times[0] <= times[-1] <= low + span
    assert len({text for _moment, text in found}) == len(found)


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        ("2026-01-03", "2026-04-20", ["2026-02", "2026-03", "2026-04"]),
        ("2024-10-02", "2026-03-01", ["2025-01", "2025-04", "2025-07", "2025-10", "2026-01"]),
        ("2001-06-01", "2009-06-01", ["2002", "2004", "2006", "2008"]),
        ("2026-01-03", "2026-01-08", [f"2026-01-0{day}" for day in range(3, 9)]),
        ("2026-01-03T10:02", "2026-01-03T11:10", ["10:15", "10:30", "10:45", "11:00"]),
        ("2026-01-03T22:10", "2026-01-04T01:10", ["01-03 23:00", "01-04 00:00", "01-04 01:00"]),
    ],
)  # fmt: skip
def test_dates_are_round(low, high, texts):
    first, last = (datetime.fromisoformat(end).replace(tzinfo=UTC) for end in (low, high))
    assert [text for _moment, text in moments(first, last)] == texts
