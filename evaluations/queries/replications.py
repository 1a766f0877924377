"""Replications of results."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

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
    submitter = Q(by=result.submission.by_id)
    newest = result.replications.select_related("by").defer("statement", "comparison")
    return Evidence(
        by_submitter=_counts(result, submitter),
        by_others=_counts(result, ~submitter),
        latest=list(newest.order_by("-pk")[:SHOWN]),
    )


def _counts(result: Result, whose: Q) -> list[int]:
    """Count verdicts in the database: there may be more replications than a page should read."""
    each = {str(verdict): Count("pk", filter=Q(verdict=verdict)) for verdict in Verdict}
    counted = result.replications.filter(whose).aggregate(**each)
    return [counted[str(verdict)] for verdict in Verdict]


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
