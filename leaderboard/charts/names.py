"""Which points of a drawing have their names beside them, and where."""

from collections.abc import Sequence

from leaderboard.charts import axes
from leaderboard.charts.labels import ABOVE, Box, Label, Wanted, covered, placed

_MOST, _MOST_LARGE = 30, 6
#: A point's room, and that of the line on both sides.
_RADIUS, _THIN = 5, 1


def named(
    points: Sequence[tuple[int, int, str, bool]], line: Sequence[tuple[int, int]], left: int
) -> tuple[dict[int, Label], dict[int, Label]]:
    """Name points, those on the line first, then the best ones.

    Args:
        points: each with its place, its name and whether it is on the line; the best first.
        line: corners of the line.
        left: where the drawing begins.

    Returns:
        Labels by the place of their point: those that find room even where type is large, and
        those that are left out there.
    """
    order = sorted(range(len(points)), key=lambda place: not points[place][3])[:_MOST]
    within = Box(left, 0, axes.WIDE, axes.BOTTOM)
    walls = [*(_room(x, y) for x, y, _name, _best in points), *_walls(line)]
    first = order[:_MOST_LARGE]
    large = placed(
        _wanted(points, first), size=axes.LARGE, within=within, around=walls, tried=ABOVE
    )
    found = {first[label.place]: label for label in large}
    # Beside small labels the others are small too; where they are large, no small one is shown.
    walls += [covered(label.x, label.y, label.anchor, label.text, axes.USUAL) for label in large]
    others = [place for place in order if place not in found]
    small = placed(_wanted(points, others), size=axes.USUAL, within=within, around=walls)
    return found, {others[label.place]: label for label in small}


def _wanted(points: Sequence[tuple[int, int, str, bool]], places: Sequence[int]) -> list[Wanted]:
    return [Wanted(*points[place][:3]) for place in places]


def _room(x: int, y: int) -> Box:
    return Box(x - _RADIUS, y - _RADIUS, x + _RADIUS, y + _RADIUS)


def _walls(line: Sequence[tuple[int, int]]) -> list[Box]:
    """Return what the line covers: steps to the right, then up."""
    found = []
    for place, (x, y) in enumerate(line):
        until, above = line[place + 1] if place + 1 < len(line) else (axes.RIGHT, y)
        found.append(Box(x, y - _THIN, until, y + _THIN))
        found.append(Box(until - _THIN, above, until + _THIN, y))
    return found
