"""How texts of samples are written: nothing in them is hidden, and nothing of them acts."""

import math
import re

from django import template
from django.utils.formats import number_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

register = template.Library()

#: Characters that nobody sees, or that turn the text around them: controls but for tab and line
#: feed, directional embeddings and isolates, separators, spaces of no width, tags.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
#: The names that ASCII gives to its controls; few fonts have the signs that Unicode has for them.
_CONTROLS = (
    "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT", "LF", "VT", "FF", "CR",
    "SO", "SI", "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB",
    "ESC", "FS", "GS", "RS", "US",
)  # fmt: skip
#: Of a text with more characters or lines only both ends are shown until a reader asks for all.
_FOLDED, _FOLDED_LINES = 1_000, 24
_END, _END_LINES = 300, 6


@register.filter
def visible(text: str) -> SafeString:
    """Write text from outside so that every character of it can be seen."""
    parts, behind = [], 0
    for found in _HIDDEN.finditer(text):
        parts += [escape(text[behind : found.start()]), _sign(found[0])]
        behind = found.end()
    return SafeString("".join([*parts, escape(text[behind:])]))


def _sign(character: str) -> SafeString:
    code = ord(character)
    point = f"U+{code:04X}"
    name = _CONTROLS[code] if code < len(_CONTROLS) else point
    return format_html('<bdi class="ctl" dir="ltr" title="{}">{}</bdi>', point, name)


@register.filter
def is_long(text: str) -> bool:
    """Whether a text is folded."""
    return len(text) > _FOLDED or text.count("\n") > _FOLDED_LINES


@register.filter
def ends(text: str) -> SafeString:
    """Write a long text's beginning and end, a few lines of each."""
    head = "\n".join(text[:_END].split("\n")[:_END_LINES])
    tail = "\n".join(text[-_END:].split("\n")[-_END_LINES:])
    gap = "\n" if "\n" in head + tail else " "
    return SafeString(f"{visible(head)}{gap}[…]{gap}{visible(tail)}")


@register.filter
def nats(value: float | None) -> str:
    """Write a log-likelihood, or how far one lies behind another."""
    if value is None:
        return "—"
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("−∞" if value < 0 else "∞")  # noqa: RUF001
    text = number_format(f"{abs(value):.2f}", decimal_pos=2)
    return f"−{text}" if value < 0 else text  # noqa: RUF001  a minus sign, as pages write it


@register.filter
def bar(width: float) -> str:
    """Write a bar's width for SVG, whatever the reader's language."""
    return f"{width:.1f}"


@register.filter
def value_of(metrics: dict[str, float], name: str) -> str:
    """Write one of a sample's metrics; a dash where there is none."""
    value = metrics.get(name)
    if value is None:
        return "—"
    return number_format(int(value) if value.is_integer() else f"{value:.4f}")
