"""Drawings as SVG.

Bytes matter: a board of a hundred rows has a hundred points. So places are whole numbers, a point
and its interval are one path, and what points have in common stands on their group.
"""

from collections.abc import Iterable, Sequence

from django.urls import reverse
from django.utils.formats import get_format
from django.utils.html import escape
from django.utils.safestring import SafeString

from evaluations.scoring.aggregate import Estimate
from leaderboard.charts import axes
from leaderboard.charts.axes import Tick
from leaderboard.charts.labels import Label
from leaderboard.charts.scatter import Mark, Scatter, short

#: Half of a point's height. From its top: a circle, a diamond.
_HALF = 4
_CIRCLE = "a4 4 0 110 8a4 4 0 110-8"
_DIAMOND = "l4 4-4 4-4-4 4-4"


def scatter_svg(scatter: Scatter, title: str = "") -> SafeString:
    """Draw a scatter; empty if no row can be drawn.

    Args:
        scatter: what to draw.
        title: what it is called to who can't see it; the measure's title if there is none.
    """
    if not scatter.marks:
        return SafeString("")
    result = reverse("result", args=["-"]).removesuffix("-/")
    groups = [
        "".join(
            _point(mark, result, scatter.labels.get(place), scatter.small.get(place))
            for place, mark in enumerate(scatter.marks)
            if mark.best == best
        )
        for best in (False, True)
    ]
    dots = "".join(f"M{x} {y}h0" for x, y in scatter.dots)
    return framed(
        title or str(scatter.measure.title),
        axis_svg(scatter.left, scatter.across, scatter.up, str(scatter.measure.axis)),
        f'<path class="dots" d="{dots}"/>' if dots else "",
        f'<path class="pl" d="{steps(scatter.line)}"/>',
        f'<g class="pt">{groups[0]}</g><g class="pf">{groups[1]}</g>',
    )


def framed(title: str, *parts: str) -> SafeString:
    """Put parts into a drawing. It is a group and no image: links in an image can't be reached."""
    return SafeString(
        f'<svg class="ch" viewBox="0 0 {axes.WIDE} {axes.HIGH}" role="group"'
        f' aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )


def axis_svg(left: int, across: Iterable[Tick], up: Iterable[Tick], words: str) -> str:
    """Draw both axes; readers who can't see them have the table."""
    lines = "".join(f"M{left} {tick.at}H{axes.RIGHT}" for tick in up)
    ticks = "".join(f"M{tick.at} {axes.BOTTOM}v4" for tick in across)
    scores = "".join(f'<text x="{left - 8}" y="{t.at}" dy=".35em">{t.text}</text>' for t in up)
    values = "".join(
        f'<text x="{tick.at}" y="{axes.BASELINE}"{_few(tick.few)}>{escape(tick.text)}</text>'
        for tick in across
    )
    return (
        f'<g aria-hidden="true"><path class="g" d="{lines}"/>'
        f'<path class="ax" d="M{left} {axes.BOTTOM}H{axes.RIGHT}{ticks}"/>'
        f'<g text-anchor="end">{scores}<text x="{axes.RIGHT}" y="{axes.HIGH - 5}" class="few">'
        f'{escape(words)}</text></g><g text-anchor="middle">{values}</g></g>'
    )


def steps(corners: Sequence[tuple[int, int]]) -> str:
    """Return the path of a line that goes right and then up, on to the end of the axis."""
    if not corners:
        return ""
    (x, y), *others = corners
    return f"M{x} {y}" + "".join(f"H{a}V{b}" for a, b in others) + f"H{axes.RIGHT}"


def _point(mark: Mark, result: str, label: Label | None, small: Label | None) -> str:
    shown = label or small
    text = ""
    if shown:
        few = _few(shown is small)
        text = (
            f'<text x="{shown.x}" y="{shown.y}" text-anchor="{shown.anchor}"{few}>'
            f"{escape(shown.text)}</text>"
        )
    return (
        f'<a href="{result}{mark.row.result}/"><title>{escape(short(mark.row.name))}'
        f' {_number(mark.row.estimate)}</title><path d="{_shape(mark)}"/>{text}</a>'
    )


def _shape(mark: Mark) -> str:
    """Return a point with what of its interval stands out above and below."""
    above = max(0, mark.y - _HALF - mark.top)
    below = max(0, mark.bottom - mark.y - _HALF)
    shape = _DIAMOND if mark.row.chat else _CIRCLE
    start = f"M{mark.x} {mark.y - _HALF - above}" + (f"v{above}" if above else "")
    return start + shape + (f"m0 8v{below}" if below else "")


def _number(estimate: Estimate) -> str:
    half = estimate.half_width
    text = f"{100 * estimate.value:.1f}" + ("" if half is None else f" ±{100 * half:.1f}")
    return text.replace(".", get_format("DECIMAL_SEPARATOR"))


def _few(few: bool) -> str:
    return ' class="few"' if few else ""
