"""How languages, evidence and openness are written on pages."""

from django import template

from evaluations.bcp47 import normalised
from evaluations.failures import Failure
from evaluations.queries.model_history import Entry, Evidence
from leaderboard.pages import language_names
from leaderboard.pages.labels import EVIDENCE, MENDERS
from leaderboard.templatetags.assay import percent

register = template.Library()
_MINUS = "\N{MINUS SIGN}"


@register.filter
def language_here(tag: str) -> str:
    """Write a language's name in the reader's language; the tag where we know none."""
    return language_names.name(tag).here


@register.filter
def language_own(tag: str) -> str:
    """Write a language's own name; empty where we don't know it, or it is the same."""
    called = language_names.name(tag)
    return "" if called.own.lower() == called.here.lower() else called.own


@register.filter
def as_tag(text: str) -> str:
    """Return the usual form of a language's tag; empty if it is none."""
    return normalised(text)


@register.filter
def evidence_title(evidence: Evidence) -> str:
    """Write what speaks for some results."""
    return str(EVIDENCE[evidence][0])


@register.filter
def evidence_note(evidence: Evidence) -> str:
    """Write what that means."""
    return str(EVIDENCE[evidence][1])


@register.filter
def mender(failed: Failure) -> str:
    """Write who can mend a failure."""
    return str(MENDERS[failed.mender])


@register.filter
def signed_change(entry: Entry) -> str:
    """Write a difference of scores in per cent with its sign; empty where there is none."""
    if entry.change is None:
        return ""
    text = percent(abs(entry.change))
    if text == percent(0.0):
        return text
    return f"{'+' if entry.change > 0 else _MINUS}{text}"
