"""Replications of results."""

from evaluations.models import Replication, Result


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
