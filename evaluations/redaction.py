"""What may be shown of a text that a program wrote: not where this machine keeps its files."""

import sys
from pathlib import Path

from django.conf import settings

_REPOSITORY = Path(__file__).resolve().parents[1]


def public_text(text: str) -> str:
    """Return a text without this machine's own paths."""
    places = {str(settings.VAR), str(_REPOSITORY), str(Path.home())}
    if sys.prefix != sys.base_prefix:
        places.add(sys.prefix)
    # The longest first: one may lie in another.
    for place in sorted(places - {"/"}, key=len, reverse=True):
        text = text.replace(place, "…")
    return text
