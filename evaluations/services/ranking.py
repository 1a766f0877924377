"""Computing rank ranges once something has been published; readers only look at them."""

import numpy as np
from django.db.models import F
from django.db.models.functions import Now

from evaluations.models import Board, BoardState, Result
from evaluations.models.identifiers import new_public_id
from evaluations.queries.outcomes import parts
from evaluations.queries.standings import Section, standings
from evaluations.scoring.ranking import rank

#: Anybody who computes the ranges again with it gets the same ones.
SEED = 1234


def rank_changed() -> int:
    """Compute the rank ranges of every board that has changed since they were.

    Returns:
        How many boards there were.
    """
    stale = BoardState.objects.exclude(ranked_version=F("version")).select_related("board__suite")
    return sum(rank_board(state.board) for state in stale)


def rank_board(board: Board) -> bool:
    """Compute a board's rank ranges, section by section.

    Returns:
        Whether they are recorded: not if the board changed meanwhile, and then it is done again.
    """
    found = standings(board)
    places: dict[str, list[int]] = {}
    for section in found.sections:
        places |= _places(section)
    brackets = [places[row.result][2] for row in found.rows]
    leader = Result.objects.filter(public_id=found.rows[0].result).first() if found.rows else None
    version = new_public_id()
    return bool(
        BoardState.objects.filter(board=board, version=found.version).update(
            version=version,
            ranked_version=version,
            places=places,
            leader=leader,
            tied=brackets.count(1),
            changed_at=Now(),
        )
    )


def _places(section: Section) -> dict[str, list[int]]:
    """Return each result's range of ranks, and the bracket that it stands in."""
    results = _results(section)
    benchmarks = list(results[0].submission.suite.benchmarks.all())
    scores = np.array([result.value for result in results])
    ranking = rank(scores, parts(results, benchmarks), seed=SEED)
    return {
        result.public_id: [int(ranking.first[n]), int(ranking.last[n]), int(ranking.bracket[n])]
        for n, result in enumerate(results)
    }


def _results(section: Section) -> list[Result]:
    """Return a section's results in its order, with what they are made of."""
    names = [row.result for row in section.rows]
    found = (
        Result.objects.only("public_id", "value", "submission__suite")
        .select_related("submission__suite")
        .prefetch_related("sample_tables", "submission__suite__benchmarks")
        .in_bulk(names, field_name="public_id")
    )
    return [found[name] for name in names if name in found]
