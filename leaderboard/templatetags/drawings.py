"""Small drawings in SVG. Each says nothing that the words beside it don't say."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from evaluations.scoring.aggregate import Estimate

register = template.Library()

_ICONS = {
    "check": "M3 8.5l3.5 3.5L13 4.5",
    "cross": "M4 4l8 8M12 4l-8 8",
    "dash": "M3 8h10",
    "search": "M11.5 7a4.5 4.5 0 1 1-9 0 4.5 4.5 0 0 1 9 0zM10.5 10.5L14 14",
}


@register.simple_tag
def whisker(
    value: float, stderr: float | None, baseline: float | None = None, best: float | None = None
) -> SafeString:
    """Draw a score with its 95 % interval on the axis from 0 to 100 per cent; a picture only."""
    half = Estimate(value, stderr).half_width or 0.0
    low, high = max(0.0, value - half), min(1.0, value + half)
    marks = [("wc", baseline), ("wb", best)]
    return format_html(
        '<svg class="wk" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">'
        '<path class="wx" d="M0 6H100"/>{}<path d="M{} 6H{}"/><path class="wd" d="M{} 6h0"/></svg>',
        SafeString("".join(_mark(name, at) for name, at in marks if at is not None)),
        f"{100 * low:.2f}",
        f"{100 * high:.2f}",
        f"{100 * value:.2f}",
    )


def _mark(name: str, at: float) -> SafeString:
    return format_html('<path class="{}" d="M{} 1V11"/>', name, f"{100 * at:.2f}")


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw one of our icons; the words beside it say the same."""
    return format_html(
        '<svg class="ic" viewBox="0 0 16 16" aria-hidden="true"><path d="{}"/></svg>', _ICONS[name]
    )
