"""What a process keeps of boards, when many readers ask while results are published."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction

from evaluations.models import Board
from leaderboard.boards.selection import select
from leaderboard.boards.snapshot import forget, snapshot
from leaderboard.boards.view import View
from tests import factories
from tests.many import fill

VIEWS = [
    View(),
    View(sort="size", order="asc"),
    View(q="/v[0-9]+$/"),
    View(chosen={"type": ("chat",)}),
]


@pytest.mark.django_db
def test_board_is_read_again_only_when_it_has_changed(django_assert_num_queries):
    board = factories.make_board("demo")
    factories.make_result(board=board)
    first = snapshot(board)
    with django_assert_num_queries(1):
        assert snapshot(board) is first
    factories.make_result(board=board)
    second = snapshot(board)
    assert [len(each.standings.rows) for each in (first, second)] == [1, 2]
    forget()
    assert snapshot(board) is not second


@pytest.mark.django_db
def test_no_more_boards_are_kept_than_a_process_has_room_for(django_assert_num_queries):
    boards = [factories.make_board(benchmarks=()) for _ in range(33)]
    for board in boards:
        factories.make_result(board=board)
        snapshot(board)
    with django_assert_num_queries(1):
        snapshot(boards[-1])
    with django_assert_num_queries(7):
        snapshot(boards[0])


@pytest.mark.django_db(transaction=True)
def test_readers_at_once_never_see_a_board_go_back_and_see_the_last_change():
    board = fill(factories.make_board("demo"), 40)
    done: list[bool] = []

    def reader(number):
        try:
            seen = [_rows(board, number)]
            while not done:
                seen.append(_rows(board, number))
            return [*seen, _rows(board, number)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        readers = [pool.submit(reader, number) for number in range(6)]
        try:
            for _ in range(8):
                with transaction.atomic():
                    factories.make_result(board=board)
        finally:
            done.append(True)
        for each in readers:
            seen = each.result()
            assert seen == sorted(seen)
            assert seen[-1] == 48


def _rows(board: Board, number: int) -> int:
    """Look at a board in one of several ways; return how many rows it has."""
    now = snapshot(board)
    view = VIEWS[number % len(VIEWS)]
    assert len(select(now, view).rows) <= len(now.standings.all_rows)
    assert sum(now.totals[0].values()) == len(now.standings.all_rows) == len(now.values)
    return len(now.standings.all_rows)
