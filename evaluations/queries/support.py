"""What stands behind a result, in one word: who ran it, and how closely it agreed."""

from collections.abc import Iterable
from enum import StrEnum

from evaluations.scoring.equivalence import Verdict

_CLOSEST = tuple(Verdict)


class Support(StrEnum):
    """The best that replications say of a result, those by others before the submitter's own.

    Audits of a few documents are shown with the result; they don't count here.
    """

    INDEPENDENT_R0 = "independent-r0"
    INDEPENDENT_R1 = "independent-r1"
    INDEPENDENT_R2 = "independent-r2"
    AGAIN_R0 = "again-r0"
    AGAIN_R1 = "again-r1"
    AGAIN_R2 = "again-r2"
    DIVERGED = "diverged"
    ONCE = "once"


def support(reruns: Iterable[tuple[str, int]], *, submitter: int) -> Support:
    """Return what stands behind a result.

    Args:
        reruns: verdict and user of each whole rerun. A diverged one by somebody else outweighs any
            that agree: the reader should look.
        submitter: the user who had the result made.
    """
    verdicts: dict[bool, set[str]] = {True: set(), False: set()}
    for verdict, by in reruns:
        verdicts[by == submitter].add(verdict)
    if Verdict.DIVERGED in verdicts[False] | verdicts[True]:
        return Support.DIVERGED
    for own, word in ((False, "independent"), (True, "again")):
        for verdict in _CLOSEST:
            if verdict in verdicts[own]:
                return Support(f"{word}-{verdict.lower()}")
    return Support.ONCE
