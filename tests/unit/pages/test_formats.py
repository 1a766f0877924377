from datetime import UTC, datetime, timedelta, timezone

import pytest

from leaderboard.templatetags import assay, drawings


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.512, "51.2"), (0.5196, "52.0"), (1.0, "100.0"), (0.0, "0.0"), (None, "—")],
)
def test_percent_is_written_with_one_decimal_and_missing_as_a_dash(value, text):
    assert assay.percent(value) == text


@pytest.mark.parametrize(
    ("value", "stderr", "text"),
    [
        (0.512, 0.0051, '<bdi dir="ltr">51.2 <i class="pm">±1.0</i></bdi>'),
        (0.51234, 0.0002, '<bdi dir="ltr">51.23 <i class="pm">±0.04</i></bdi>'),
        (0.512, 0.0, '<bdi dir="ltr">51.2 <i class="pm">±0.0</i></bdi>'),
        (0.512, None, '<bdi dir="ltr">51.2</bdi>'),
        (None, None, '<span class="m">—</span>'),
    ],
)
def test_score_is_written_with_half_of_its_interval(value, stderr, text):
    assert assay.score(value, stderr) == text


def test_whisker_stays_inside_its_axis():
    drawing = drawings.whisker(0.99, 0.02, 0.25, 0.995)
    assert 'd="M95.08 6H100.00"/><path class="wd" d="M99.00 6h0"' in drawing
    assert 'class="wc" d="M25.00 1V11"' in drawing
    assert 'class="wb" d="M99.50 1V11"' in drawing


def test_whisker_without_an_interval_is_a_dot():
    assert 'd="M50.00 6H50.00"/><path class="wd" d="M50.00 6h0"' in drawings.whisker(0.5, None)


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (None, ""),
        (timedelta(seconds=-2), "0 s"),
        (99, "99 s"),
        (100, "2 min"),
        (timedelta(minutes=99), "99 min"),
        (timedelta(hours=2, minutes=5), "2 h 05 min"),
    ],
)
def test_duration_is_written_in_a_readable_unit(span, text):
    assert assay.duration(span) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (999, "999"), (84_000, "84K"), (1_500_000, "1.5M"), (1_710_000_000, "1.7B"),
        (70_000_000_000, "70B"),
    ],
)  # fmt: skip
def test_parameters_are_written_with_a_letter(count, text):
    assert assay.parameters(count) == text


def test_count_sets_thousands_apart():
    assert assay.count(333_776) == "333,776"
    assert assay.count(None) == "—"


def test_moment_is_written_in_utc():
    moment = datetime(2026, 11, 22, 14, 5, tzinfo=timezone(timedelta(hours=3)))
    assert assay.when(moment) == (
        '<time dir="ltr" datetime="2026-11-22T11:05:00+00:00">2026-11-22 11:05 UTC</time>'
    )
    assert assay.when(None) == "—"
    assert datetime(2026, 11, 22, 11, 5, tzinfo=UTC) == moment


def test_backticks_become_code_and_everything_else_is_escaped():
    assert assay.ticked("<b> `a<b` c") == "&lt;b&gt; <code>a&lt;b</code> c"
