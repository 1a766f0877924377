"""What somebody who checks results has come to trust: a log's root, and what the log was before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from evaluations.provenance.canonical import sha256_hex

#: Returns a file that a log publishes, by its path; LookupError if there is none, OSError if it
#: can't be read.
Fetch = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Seen:
    """A checkpoint that was found good before.

    Attributes:
        size: entries that the log had.
        root: their tree hash, 32 bytes.
        first: when it was seen first, in UTC.
    """

    size: int
    root: bytes
    first: str


@dataclass(frozen=True, slots=True)
class Pinned:
    """What is remembered of one log.

    Attributes:
        roots: its versions of the root, by number, without a gap; the oldest one was trusted first.
        checkpoints: in order of their sizes.
        first: when the log was met.
        unreadable: why nothing could be read of what was remembered, or empty.
    """

    origin: str
    roots: Mapping[int, bytes] = field(default_factory=dict)
    checkpoints: tuple[Seen, ...] = ()
    first: str = ""
    unreadable: str = ""


@dataclass(frozen=True, slots=True)
class Trust:
    """What a reader brings along.

    Attributes:
        root: a version of the root that was got from elsewhere; it comes before what is pinned.
        pinned: by `log_id` of the log's name.
        fetch: reads the log as it is now; None offline.
    """

    root: bytes | None = None
    pinned: Mapping[str, Pinned] = field(default_factory=dict)
    fetch: Fetch | None = None

    def of(self, origin: str) -> Pinned:
        """Return what is remembered of a log, which may be nothing."""
        found = self.pinned.get(log_id(origin))
        return found or Pinned(origin)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a run without a failure has shown, and may be pinned.

    Attributes:
        roots: versions of the root, by number.
        checkpoints: sizes and roots.
    """

    origin: str
    roots: Mapping[int, bytes]
    checkpoints: tuple[tuple[int, bytes], ...]


def log_id(origin: str) -> str:
    """Return the name of a log's file in the trust store: an origin may hold slashes."""
    return sha256_hex(origin.encode())[:32]
