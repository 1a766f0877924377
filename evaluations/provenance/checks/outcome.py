"""What a check can say."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from evaluations.provenance.members import BundleError

T = TypeVar("T")
_MAX_WHY = 1000


class Outcome(StrEnum):
    """PASS is said only of what was computed; neither of the last two is ever a PASS."""

    PASS = "PASS"  # noqa: S105  an outcome
    FAIL = "FAIL"
    SKIPPED = "SKIPPED"
    NOT_APPLICABLE = "NOT-APPLICABLE"


@dataclass(frozen=True, slots=True)
class Check:
    """One check's outcome and the reason for it, in printable text."""

    number: int
    name: str
    outcome: Outcome
    why: str


class CheckFailedError(Exception):
    """What was claimed is not so."""


class CheckSkippedError(Exception):
    """The check could not be made, and the message says what is missing."""


class CheckNotApplicableError(Exception):
    """There was nothing to compare with, and the message says what that would have been."""


def settled(get: Callable[[], T], check: int) -> T:
    """Return what another check judges; where that one fails, this one can't be made.

    Raises:
        CheckSkippedError: naming the other check.
    """
    try:
        return get()
    except CheckFailedError as error:
        raise CheckSkippedError(f"{error} (see check {check})") from None


def run_check(number: int, name: str, check: Callable[[], str]) -> Check:
    """Make one check, whose function returns the reason of a PASS or raises one of the above."""
    try:
        outcome, why = Outcome.PASS, check()
    except CheckFailedError as error:
        outcome, why = Outcome.FAIL, str(error)
    except BundleError as error:
        outcome, why = Outcome.FAIL, error.detail
    except CheckSkippedError as error:
        outcome, why = Outcome.SKIPPED, str(error)
    except CheckNotApplicableError as error:
        outcome, why = Outcome.NOT_APPLICABLE, str(error)
    except Exception as error:  # noqa: BLE001  a stranger's bundle must not end in a traceback
        outcome, why = Outcome.FAIL, unforeseen(error)
    return Check(number, name, outcome, printable(why))


def unforeseen(error: Exception) -> str:
    """Say that an error is our own fault, whatever the bundle."""
    return f"stopped at something unforeseen, please report it: {type(error).__name__}: {error}"


def printable(text: str) -> str:
    """Escape what a terminal would obey: a bundle's names may hold control sequences."""
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[: _MAX_WHY + 1])
    return shown if len(text) <= _MAX_WHY else shown[:_MAX_WHY] + "…"
