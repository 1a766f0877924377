"""Where names stand beside their points, so that none lies over another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

#: Of the size of type, in a sans-serif face, bold: what is above and below a line of it, how wide
#: a character is, most of them and those of East Asia.
_ABOVE, _BELOW, _WIDE, _WIDER = 0.8, 0.25, 0.63, 1.05
#: Between a name and what is beside it.
_ROOM = 2
MOST_CHARACTERS = 18
_ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; y grows downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Whether the two have a point in common that is on no edge."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def inside(self, other: "Box") -> bool:
        """Whether this one lies in the other."""
        return (
            other.left <= self.left
            and self.right <= other.right
            and other.top <= self.top
            and self.bottom <= other.bottom
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """A name that wants a place.

    Attributes:
        x, y: its point.
        text: as it will be written.
    """

    x: int
    y: int
    text: str


@dataclass(frozen=True, slots=True)
class Label:
    """A name and its place.

    Attributes:
        place: of the name among those that wanted one.
        anchor: of the text, as SVG says it.
        box: what it covers.
    """

    place: int
    x: int
    y: int
    anchor: str
    text: str
    box: Box


#: Places to try: the anchor, and across and down from the point. Above it, any size of type fits.
ABOVE = (("end", -8, -7), ("middle", 0, -11), ("start", 8, -7))
AROUND = (*ABOVE, ("start", 9, 4), ("start", 7, 15), ("end", -9, 4), ("middle", 0, 18))


def shortened(name: str, most: int = MOST_CHARACTERS) -> str:
    """Cut a long name; what was cut is shown by an ellipsis."""
    return name if len(name) <= most else name[: most - 1] + _ELLIPSIS


def placed(
    wanted: Sequence[Wanted],
    *,
    size: float,
    within: Box,
    around: Iterable[Box] = (),
    tried: Sequence[tuple[str, int, int]] = AROUND,
) -> list[Label]:
    """Place names one after the other; those that find no free place are left out.

    Args:
        wanted: the more important ones first.
        size: of the type.
        within: where they must lie.
        around: what they may not cover.
        tried: places beside a point, the best first.
    """
    taken = list(around)
    found = []
    for place, name in enumerate(wanted):
        labels = (_label(place, name, size, beside) for beside in tried)
        label = next((it for it in labels if _fits(it.box, within, taken)), None)
        if label is not None:
            found.append(label)
            taken.append(label.box)
    return found


def _fits(box: Box, within: Box, taken: Sequence[Box]) -> bool:
    return box.inside(within) and not any(box.meets(other) for other in taken)


def _label(place: int, name: Wanted, size: float, beside: tuple[str, int, int]) -> Label:
    anchor, across, down = beside
    x, y = name.x + across, name.y + down
    return Label(place, x, y, anchor, name.text, covered(x, y, anchor, name.text, size))


def covered(x: float, y: float, anchor: str, text: str, size: float) -> Box:
    """Return about what a text covers; its exact width is known to the reader's browser alone."""
    wide = size * sum(_WIDER if east_asian_width(c) in "FW" else _WIDE for c in text)
    left = x - {"start": 0.0, "middle": wide / 2, "end": wide}[anchor]
    return Box(left - _ROOM, y - _ABOVE * size, left + wide + _ROOM, y + _BELOW * size)
