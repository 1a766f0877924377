"""The points that nothing beats: no other is at least as far left and as high, and more in one."""

from collections.abc import Sequence
from itertools import groupby


def front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Return the places of the undominated points, from left to right.

    Args:
        points: each with what it costs, less is better, and what it reaches, more is better.
            Equal points don't dominate each other: they are on the line together, or not at all.
    """
    places = sorted(range(len(points)), key=lambda place: points[place][0])
    found: list[int] = []
    best = float("-inf")
    for _cost, together in groupby(places, key=lambda place: points[place][0]):
        group = list(together)
        highest = max(points[place][1] for place in group)
        if highest > best:
            best = highest
            found += [place for place in group if points[place][1] == highest]
    return found
