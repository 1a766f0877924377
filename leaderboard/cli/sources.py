"""Which result is meant: a file or folder here, an address, or a result's ID."""

import re
from dataclasses import dataclass
from pathlib import Path

from evaluations.provenance.unpack import Bundle, open_bundle
from leaderboard.cli.download import bundle_url, download

_RESULT = re.compile(
    r"(?P<site>https?://[^?#]+?)(?:/api/v1)?/results/(?P<id>[A-Za-z0-9_-]+)(?:/bundle\.tar)?/?"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A result's bundle on this machine.

    Attributes:
        site: where it came from; None if that is not known.
        result: its ID there; None likewise.
    """

    path: Path
    site: str | None
    result: str | None

    def open(self) -> Bundle:
        """Open the bundle."""
        return open_bundle(self.path)


def find(source: str, site: str | None, folder: Path) -> Found:
    """Return where a result's bundle lies, fetched into a folder if need be.

    Raises:
        AssayError: if it is nothing, or can't be fetched.
    """
    path = Path(source)
    if exists(path):
        return Found(path, None, None)
    url = bundle_url(source, site)
    target = folder / "bundle.tar"
    download(url, target)
    named = _RESULT.fullmatch(url)
    return Found(target, named["site"] if named else None, named["id"] if named else None)


def exists(path: Path) -> bool:
    """Tell whether there is such a file; a text too long for a name, or with a NUL, is none."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
