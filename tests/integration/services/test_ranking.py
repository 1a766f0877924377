"""Rank ranges of boards, computed from samples' tables when something changes."""

import random
from functools import partial

import pytest
from django.core.management import call_command

from evaluations import store
from evaluations.models import BoardState, SampleTable
from evaluations.queries.standings import standings
from evaluations.scoring.ranking import rank
from evaluations.services.ranking import rank_board, rank_changed
from evaluations.services.sample_tables import TableFacts, record
from evaluations.services.withdrawal import withdraw
from evaluations.tables.writing import write
from tests import factories
from tests.bundles import line
from tests.history import rewriting
from tests.samples import choice

pytestmark = pytest.mark.django_db
DOCUMENTS = 200


def tabled(board, tmp_path, share, *, seed=0, benchmark=None):
    """Make a result that is right on about so many documents, with tables that say which."""
    chance = random.Random(seed)
    outcomes = {
        b.task: [chance.random() < share for _ in range(DOCUMENTS)]
        for b in board.suite.benchmarks.all()
    }
    return from_outcomes(board, tmp_path, outcomes)


def from_outcomes(board, tmp_path, outcomes):
    means = {task: sum(right) / DOCUMENTS for task, right in outcomes.items()}
    by_task = {b.task: b.name for b in board.suite.benchmarks.all()}
    result = factories.make_result(
        board=board,
        value=sum(means.values()) / len(means),
        stderr=0.03,
        scores={by_task[task]: mean for task, mean in means.items()},
    )
    facts = []
    for task, right in outcomes.items():
        path = tmp_path / "table.parquet"
        lines = [line(choice(n, gold=0 if ok else 1)) for n, ok in enumerate(right)]
        rows = write(partial(iter, lines), path, deciding="acc", withheld=False)
        facts.append(TableFacts(task, rows, store.put_file(path), path.stat().st_size, False))
    record(result=result, tables=facts)
    return result


def places(board):
    found = standings(board)
    return {row.result: (row.first, row.last, row.bracket) for row in found.all_rows}


def test_results_far_apart_have_a_rank_each(tmp_path):
    board = factories.make_board()
    best, worst = tabled(board, tmp_path, 0.9), tabled(board, tmp_path, 0.2, seed=1)
    assert rank_changed() == 1
    assert places(board) == {best.public_id: (1, 1, 1), worst.public_id: (2, 2, 2)}


def test_results_close_together_share_ranks_and_a_bracket(tmp_path):
    board = factories.make_board()
    one, other = tabled(board, tmp_path, 0.5), tabled(board, tmp_path, 0.52, seed=1)
    rank_changed()
    assert set(places(board).values()) == {(1, 2, 1)}
    assert {one.public_id, other.public_id} == set(places(board))
    assert BoardState.objects.get(board=board).tied == 2


def test_pairing_tells_apart_what_intervals_alone_could_not(tmp_path):
    """One is right wherever the other is, and on a tenth more: unpaired errors would hide it."""
    board = factories.make_board(benchmarks=("patterns",))
    chance = random.Random(3)
    base = [chance.random() < 0.5 for _ in range(DOCUMENTS)]
    more = [ok or chance.random() < 0.12 for ok in base]
    [task] = [b.task for b in board.suite.benchmarks.all()]
    worse = from_outcomes(board, tmp_path, {task: base})
    better = from_outcomes(board, tmp_path, {task: more})
    assert abs(better.value - worse.value) < 1.96 * 0.03 * 2  # their intervals overlap
    rank_changed()
    assert places(board) == {better.public_id: (1, 1, 1), worse.public_id: (2, 2, 2)}


def test_results_without_tables_are_ranked_by_their_standard_errors():
    board = factories.make_board()
    far = [factories.make_result(board=board, value=value) for value in (0.9, 0.1)]
    rank_changed()
    assert [places(board)[one.public_id][:2] for one in far] == [(1, 1), (2, 2)]


def test_nothing_is_said_where_no_error_is_known():
    board = factories.make_board()
    for value in (0.9, 0.1):
        factories.make_result(board=board, value=value, stderr=None)
    rank_changed()
    assert {place[:2] for place in places(board).values()} == {(1, 2)}


def test_metric_that_is_no_mean_is_taken_by_its_standard_error(tmp_path):
    board = factories.make_board()
    result = tabled(board, tmp_path, 0.9)
    other = tabled(board, tmp_path, 0.2, seed=1)
    with rewriting():  # as a corpus metric is: its value does not follow from its documents'
        result.scores.filter(benchmark__name="sums").update(value=0.5)
    rank_changed()
    assert places(board)[other.public_id][:2] == (2, 2)


def test_sections_are_ranked_each_by_itself(tmp_path):
    board = factories.make_board()
    engine = {"name": "hf", "lm_eval": "0.4.13", "dtype": "bfloat16", "device": "cpu"}
    ours = [factories.make_result(board=board, value=value) for value in (0.9, 0.1)]
    apart = factories.make_result(board=board, value=0.5, plan={"engine": engine})
    rank_changed()
    found = places(board)
    assert [found[one.public_id][0] for one in ours] == [1, 2]
    assert found[apart.public_id][:2] == (1, 1)
    assert [len(section.rows) for section in standings(board).sections] == [2, 1]


def test_ranks_are_computed_once_a_change_and_anew_after_it(tmp_path):
    board = factories.make_board()
    best = tabled(board, tmp_path, 0.9)
    tabled(board, tmp_path, 0.2, seed=1)
    assert (rank_changed(), rank_changed()) == (1, 0)
    withdraw(submission=best.submission, by="somebody")
    assert places(board).popitem()[1] == (None, None, None)  # the old ranges hold no more
    assert rank_changed() == 1
    assert places(board).popitem()[1] == (1, 1, 1)


def test_ranks_of_a_board_that_changes_meanwhile_are_dropped(tmp_path, monkeypatch):
    board = factories.make_board()
    tabled(board, tmp_path, 0.9)

    def overtaken(*args, **options):
        factories.make_result(board=board)
        return rank(*args, **options)

    monkeypatch.setattr("evaluations.services.ranking.rank", overtaken)
    assert rank_board(board) is False
    assert BoardState.objects.get(board=board).ranked_version == ""


def test_lost_tables_fall_back_to_standard_errors(tmp_path):
    board = factories.make_board()
    tabled(board, tmp_path, 0.9)
    tabled(board, tmp_path, 0.2, seed=1)
    for table in SampleTable.objects.all():
        for kept in (tmp_path / "artifacts").rglob(table.sha256):
            kept.unlink()
    rank_changed()
    assert sorted(place[:2] for place in places(board).values()) == [(1, 1), (2, 2)]


def test_keep_ranks_what_has_changed(capsys):
    factories.make_result(board=factories.make_board())
    call_command("keep", "--once")
    assert "1 boards were ranked." in capsys.readouterr().out
    call_command("keep", "--once")
    assert "ranked" not in capsys.readouterr().out
