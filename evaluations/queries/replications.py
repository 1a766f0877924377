"""Replications of results."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluations.models import Replication, Result
from evaluations.scoring.equivalence import Verdict

#: Shown on a result's page; the API lists all.
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Evidence:
    """Who ran a result again, and how closely it agreed.

    Attributes:
        by_submitter, by_others: how many came to each verdict, in the order of `Verdict`.
        latest: the newest ones.
    """

    by_submitter: Sequence[int]
    by_others: Sequence[int]
    latest: Sequence[Replication]


def evidence(result: Result) -> Evidence:
    """Return what replications say of a result."""
    everyone = list(
        result.replications.select_related("by").defer("statement", "comparison").order_by("-pk")
    )
    own = [one for one in everyone if one.by_id == result.submission.by_id]
    others = [one for one in everyone if one.by_id != result.submission.by_id]
    return Evidence(_counts(own), _counts(others), everyone[:SHOWN])


def _counts(found: Sequence[Replication]) -> list[int]:
    return [sum(one.verdict == verdict for one in found) for verdict in Verdict]


def after(result: Result, last: int | None, count: int) -> list[Replication]:
    """Return so many replications of a result, the newest first.

    Args:
        result: whose.
        last: the primary key of the last one that was seen; None begins at the newest.
        count: how many at most.
    """
    found = result.replications.select_related("by").order_by("-pk")
    if last is not None:
        found = found.filter(pk__lt=last)
    return list(found.defer("statement", "comparison")[:count])


def by_id(result: Result, public_id: str) -> Replication | None:
    """Return a replication of a result, or None."""
    return result.replications.select_related("by").filter(public_id=public_id).first()
