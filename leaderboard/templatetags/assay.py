"""How numbers, times, states and digests are written on pages."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django import template
from django.conf import settings
from django.template.defaultfilters import stringfilter
from django.utils.formats import number_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from evaluations.enums import DisputeState, ModelSource, SubmissionState
from evaluations.models import LanguageModel
from evaluations.provenance.records import Kind
from evaluations.queries.standings import Section
from evaluations.scoring.aggregate import Estimate
from leaderboard.boards.view import View
from leaderboard.pages.labels import DISPUTE_STATES, KINDS, STATES

register = template.Library()

_TICKED = re.compile(r"`([^`]+)`")
_THOUSAND, _MILLION, _BILLION = 10**3, 10**6, 10**9
#: Below a tenth of a per cent one decimal would say ±0.0.
_FINE = 0.1


@register.filter
def model_path(model: LanguageModel) -> str:
    """Return what follows `/models/` in a model's address: no hub organisation is `local`."""
    return f"local/{model.name}" if model.source == ModelSource.LOCAL else model.name


@register.filter
def percent(value: float | None, digits: int = 1) -> str:
    """Write a share of 1 in per cent, without the sign; a dash where there is none."""
    return "—" if value is None else _decimal(100 * value, digits)


def _decimal(value: float, digits: int) -> str:
    """Round, then write in the reader's language: `number_format` alone cuts digits off."""
    return number_format(Decimal(f"{value:.{digits}f}"), decimal_pos=digits)


@register.simple_tag
def score(value: float | None, stderr: float | None = None) -> SafeString:
    """Write a score with half of its 95 % interval, both in per cent: 51.2 ±1.0."""
    if value is None:
        return format_html('<span class="m">{}</span>', "—")
    half = Estimate(value, stderr).half_width
    if half is None:
        return format_html('<bdi dir="ltr">{}</bdi>', percent(value))
    digits = 2 if 0 < 100 * half < _FINE else 1
    return format_html(
        '<bdi dir="ltr">{} <i class="pm">±{}</i></bdi>',
        percent(value, digits),
        percent(half, digits),
    )


@register.filter
def when(moment: datetime | None) -> str:
    """Write a moment to the minute, in UTC, in marked-up form."""
    if moment is None:
        return "—"
    utc = moment.astimezone(UTC)
    return format_html(
        '<time dir="ltr" datetime="{}">{} UTC</time>',
        utc.isoformat(),
        utc.strftime("%Y-%m-%d %H:%M"),
    )


@register.filter
def duration(span: timedelta | int | None) -> str:
    """Write a length of time in the largest unit that keeps it readable."""
    if span is None:
        return ""
    seconds = round(span.total_seconds() if isinstance(span, timedelta) else span)
    if seconds < 100:  # noqa: PLR2004
        return gettext("%(seconds)d s") % {"seconds": max(seconds, 0)}
    minutes = round(seconds / 60)
    if minutes < 100:  # noqa: PLR2004
        return gettext("%(minutes)d min") % {"minutes": minutes}
    return gettext("%(hours)d h %(minutes)02d min") % {
        "hours": minutes // 60,
        "minutes": minutes % 60,
    }


@register.filter
def parameters(count: int) -> str:
    """Write a number of parameters: 1.7B, 360M, 84K."""
    for size, letter in ((_BILLION, "B"), (_MILLION, "M"), (_THOUSAND, "K")):
        if count >= size:
            digits = 1 if count < 10 * size else 0
            return f"{_decimal(count / size, digits)}{letter}"
    return str(count)


@register.filter
def count(number: int | None) -> str:
    """Write a whole number with its thousands apart; a dash where there is none."""
    return "—" if number is None else number_format(number, decimal_pos=0, force_grouping=True)


@register.filter
def unlocalized(number: int) -> str:
    """Write a whole number for a machine, whatever the reader's language."""
    return str(number)


@register.filter
def kind(value: str) -> str:
    """Write the kind of a log entry in words."""
    return str(KINDS[Kind(value)])


@register.filter
@stringfilter
def short(digest: str) -> str:
    """Write the beginning of a digest."""
    return digest[:12]


@register.filter
def state(value: str) -> str:
    """Write a submission's state in words."""
    return str(STATES[SubmissionState(value)])


@register.filter
def dispute_state(value: str) -> str:
    """Write where a dispute stands, in words."""
    return str(DISPUTE_STATES[DisputeState(value)])


@register.filter
@stringfilter
def ticked(text: str) -> SafeString:
    """Set in mono what stands between backticks; everything is escaped first."""
    return SafeString(_TICKED.sub(r"<code>\1</code>", escape(text)))


@register.simple_tag
def models_counted(number: int) -> str:
    """Write how many models there are."""
    return ngettext("%(n)s model", "%(n)s models", number) % {"n": count(number)}


@register.simple_tag
def site_languages() -> list[tuple[str, str]]:
    """Return the site's languages, code and own name; Django's own tag translates the names."""
    return list(settings.LANGUAGES)


@register.simple_tag
def link(view: View, **changes: object) -> str:
    """Return the link to a view, or to one that differs in something."""
    return view.link(**changes)


@register.filter
def section(place: int, sections: Sequence[Section]) -> Section | None:
    """Return the section of a board that stands apart at this place."""
    return sections[place] if 0 < place < len(sections) else None
