"""How differences between models are written and drawn."""

from collections.abc import Sequence

from django import template
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy

from evaluations.queries.agreement import SOFTWARE, Point
from evaluations.queries.standings import Row
from evaluations.scoring.pairs import Difference
from leaderboard.boards.facets import SUPPORT
from leaderboard.boards.rows import stamp
from leaderboard.compare.members import Member
from leaderboard.compare.view import View
from leaderboard.templatetags.assay import percent

register = template.Library()

_MINUS, _TO = "\N{MINUS SIGN}", "\N{EN DASH}"
#: Below a tenth of a point one decimal would say ± 0.0.
_FINE = 0.001
_SMALLEST_P = 0.001
#: The baseline's shape, and one for each of the others.
_SHAPES = (
    "M5 0A5 5 0 1 1-5 0A5 5 0 1 1 5 0z",
    "M4.6 0A4.6 4.6 0 1 1-4.6 0A4.6 4.6 0 1 1 4.6 0z",
    "M-4.4-4.4h8.8v8.8h-8.8z",
    "M0-5.4L5.2 4H-5.2z",
    "M0-5.8L5.8 0L0 5.8L-5.8 0z",
    "M0 5.4L5.2-4H-5.2z",
)
_POINTS = {
    Point.SUITE: gettext_lazy("suite"),
    Point.DOCUMENTS: gettext_lazy("documents"),
    Point.PROMPTS: gettext_lazy("prompts"),
    Point.HARNESS: gettext_lazy("lm-eval"),
    Point.ENGINE: gettext_lazy("engine"),
    Point.PRECISION: gettext_lazy("precision"),
    Point.TEMPLATE: gettext_lazy("chat template"),
}


@register.simple_tag
def points(found: Difference, *, signed: bool = True) -> SafeString:
    """Write a difference with half of its interval, in percentage points."""
    half = found.high - found.value
    digits = 2 if 0 < half < _FINE else 1
    text = percent(abs(found.value), digits)
    if signed and text != percent(0.0, digits):
        text = f"{'+' if found.value > 0 else _MINUS}{text}"
    return format_html(
        '<bdi dir="ltr" class="nw">{} <i class="pm">± {}</i></bdi>', text, percent(half, digits)
    )


@register.filter
def tick_label(value: float) -> str:
    """Write a tick's value in percentage points."""
    digits = 0 if float(value).is_integer() else 1
    text = number_format(f"{abs(value):.{digits}f}", decimal_pos=digits)
    return text if not value else f"{'+' if value > 0 else _MINUS}{text}"


@register.filter
def p_value(p: float | None) -> str:
    """Write a p with its sign of relation: = 0.021, < 0.001."""
    if p is None:
        return "—"
    if p < _SMALLEST_P:
        return f"< {number_format('0.001', decimal_pos=3)}"
    return f"= {number_format(f'{p:.3f}', decimal_pos=3)}"


@register.filter
def place_of(value: float) -> str:
    """Write a place on an axis for SVG, whatever the reader's language."""
    return f"{value:.2f}%"


@register.filter
def shape(member: Member) -> str:
    """Return the outline of the shape that stands for a model, around 0, 0."""
    return _SHAPES[member.place]


@register.simple_tag
def mark(member: Member) -> SafeString:
    """Draw the shape that stands for a model; its name stands beside it."""
    kind = "mk base" if member.place == 0 else "mk"
    return format_html(
        '<svg class="{}" viewBox="-7 -7 14 14" aria-hidden="true"><path d="{}"/></svg>',
        kind,
        shape(member),
    )


@register.filter
def point(value: Point) -> str:
    """Write what results share, or don't."""
    return str(_POINTS[value])


@register.filter
def named(values: Sequence[Point]) -> str:
    """Write several points after each other."""
    return ", ".join(point(value) for value in values)


@register.filter
def by_software(values: Sequence[Point]) -> bool:
    """Whether one of some points is the software's."""
    return any(value in SOFTWARE for value in values)


@register.filter
def rank_range(row: Row) -> str:
    """Write the ranks that are possible."""
    if row.first is None or row.last is None:
        return str(row.rank)
    return str(row.first) if row.first == row.last else f"{row.first}{_TO}{row.last}"


@register.simple_tag
def evidence(row: Row) -> SafeString:
    """Write what stands behind a row: its mark and its words."""
    mark_of = SafeString(stamp(row, reverse("result", args=[row.result])))
    return format_html("{}{}", mark_of, SUPPORT[row.support])


@register.filter
def right(value: float) -> bool | None:
    """Whether a score says right or wrong; None where it is neither 1 nor 0."""
    return {1.0: True, 0.0: False}.get(value)


@register.filter
def joined(names: Sequence[str]) -> str:
    """Write names after each other, as a sentence has them."""
    *first, last = names
    if not first:
        return last
    return gettext("%(first)s and %(last)s") % {"first": ", ".join(first), "last": last}


@register.filter
def digits_of(value: float) -> str:
    """Write a document's score that is neither 1 nor 0."""
    return number_format(f"{value:.3f}", decimal_pos=3)


@register.filter
def beside(values: Sequence[str], members: Sequence[Member]) -> list[tuple[str, Member]]:
    """Return each value with the model that it is of."""
    return list(zip(values, members, strict=True))


@register.simple_tag
def based(view: View, member: Member) -> str:
    """Return the link that makes a model the baseline."""
    return view.based_on(member.result.public_id)


@register.simple_tag
def without(view: View, member: Member) -> str:
    """Return the link that leaves a model out."""
    return view.without(member.result.public_id)


@register.simple_tag
def against(view: View, member: Member) -> str:
    """Return the link that shows another model's flips."""
    return view.link(other=member.result.public_id, task="")


@register.simple_tag
def page_link(view: View, number: int) -> str:
    """Return the link to another page of the flips."""
    return view.link(page=number)
