import pytest

from evaluations.queries.turns import Wait
from leaderboard.templatetags.progress import pace, waiting_time, watt_hours


@pytest.mark.parametrize(
    ("least", "most", "text"),
    [
        (0, 0, "Starts as soon as a worker asks for work"),
        (0, 40, "Waits at most 40 s"),
        (20, 900, "Waits at most 15 min"),
        (120, 900, "Waits between 2 and 15 min"),
        (850, 900, "Waits between 14 and 15 min"),
        (890, 900, "Waits about 15 min"),
        (3600, 9000, "Waits between 60 min and 2 h 30 min"),
    ],
)
def test_range_of_waiting_time_is_written_honestly(least: int, most: int, text: str) -> None:
    assert waiting_time(Wait(least, most)) == text


@pytest.mark.parametrize(
    ("per_second", "text"),
    [
        (None, ""),
        (0.02, "1.2 documents a minute"),
        (3.14, "3.1 documents a second"),
        (41.6, "42 documents a second"),
    ],
)
def test_pace_is_written_in_numbers_that_can_be_read(per_second: float | None, text: str) -> None:
    assert pace(per_second) == text


@pytest.mark.parametrize(
    ("energy", "text"),
    [(0.31, "0.31 Wh"), (42.4, "42 Wh"), (1234.0, "1.23 kWh"), (0.0, "0.00 Wh")],
)
def test_energy_is_written_in_watt_hours(energy: float, text: str) -> None:
    assert watt_hours(energy) == text
