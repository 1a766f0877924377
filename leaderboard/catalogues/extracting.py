"""What there is to translate: every string that the sources mark, found without gettext's tools."""

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
_PACKAGES = ("leaderboard", "evaluations")
_NOTES = ("Translators:",)
_TEMPLATES = ROOT / "leaderboard" / "templates"
#: Functions that mark a string, and which of their arguments hold singular, plural, context (c).
_MARKS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), None),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
#: Failures are the domain's, whose client has no Django to mark strings with: cause and hint.
_FAILURE_MARKS = ({"Failure": (3,)}, {"Failure": (4,)})


def extracted(root: Path = ROOT) -> Catalog:
    """Return a catalogue of all marked strings, in the order in which a reader meets them."""
    found = Catalog()
    for path in _sources(root):
        name = path.relative_to(root).as_posix()
        source = _as_python(path).encode()
        for marks in (_MARKS, *_FAILURE_MARKS):
            for _, text, notes, context in extract("python", io.BytesIO(source), marks, _NOTES):
                found.add(text, locations=[(name, 0)], auto_comments=notes, context=context)
    return found


def _sources(root: Path) -> Iterator[Path]:
    templates = root / _TEMPLATES.relative_to(ROOT)
    yield from sorted(path for path in templates.rglob("*") if path.is_file())
    for package in _PACKAGES:
        yield from sorted((root / package).rglob("*.py"))


def _as_python(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    # Django leaves of a template its marked strings; in brackets its indentation means nothing.
    return text if path.suffix == ".py" else f"(\n{templatize(text)}\n)"
