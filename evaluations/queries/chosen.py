"""Results that somebody chose to compare, and those that might be chosen."""

import re
from collections.abc import Iterable

from evaluations.models import Result
from evaluations.queries.results import ranked

_NAME = re.compile(r"[0-9a-z]{1,10}", re.ASCII)


def by_ids(public_ids: Iterable[str]) -> dict[str, Result]:
    """Return results by their ids, with all that a comparison reads; unknown ids are left out."""
    found = (
        Result.objects.select_related(
            "revision__model", "board__suite", "submission__suite", "submission"
        )
        .defer("config", "revision__card", "revision__files", "board__suite__pins",
               "board__suite__files", "submission__suite__pins", "submission__suite__files")
        .prefetch_related("sample_tables", "submission__suite__benchmarks")
    )  # fmt: skip
    # Whatever is no id may hold what a database refuses.
    return found.in_bulk(
        [name for name in public_ids if _NAME.fullmatch(name)], field_name="public_id"
    )


def offered(count: int) -> list[Result]:
    """Return results to begin with: those that rank, board by board, the best first."""
    return list(
        ranked()
        .select_related("revision__model", "board")
        .only(
            "public_id", "value", "board__title", "board__slug", "revision__commit",
            "revision__model__source", "revision__model__name",
        )
        .order_by("board__title", "board_id", "-value", "pk")[:count]
    )  # fmt: skip
