from leaderboard.charts.histogram import HEIGHT, WIDTH, histogram


def counts(values):
    return {c.low: c.count for c in histogram(values, baseline=0.25).filled}


def test_values_are_counted_in_columns_of_five_per_cent():
    assert counts([0.0, 0.049, 0.05, 0.5, 0.999, 1.0]) == {0: 2, 5: 1, 50: 1, 95: 2}


def test_values_outside_count_for_the_column_at_their_end():
    assert counts([-0.2, 1.7]) == {0: 1, 95: 1}


def test_fullest_column_is_as_high_as_the_drawing_and_all_stay_inside():
    drawn = histogram([0.1, 0.1, 0.9], baseline=0.25)
    assert [c.height for c in drawn.filled] == [HEIGHT, HEIGHT / 2]
    assert all(c.x >= 0 and c.x + c.width <= WIDTH for c in drawn.columns)
    assert drawn.chance == WIDTH / 4


def test_nothing_is_drawn_of_nothing():
    assert histogram([], baseline=0.0).filled == []
