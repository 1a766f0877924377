"""The queue's order, as laws: whoever asks, for which board, after whatever they had already."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.models import Run, Submission
from evaluations.queries import turns
from tests.factories import make_board, make_run, make_submission, make_user

#: Of each submission in the queue: whose it is, and its board's priority.
_QUEUES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=12)
#: Seconds of workers that each of the four has had in the last day.
_SPENT = st.lists(st.sampled_from([0.0, 5.0, 60.0]), min_size=4, max_size=4)


@pytest.mark.django_db
@settings(max_examples=25, deadline=None)
@given(queue=_QUEUES, spent=_SPENT)
def test_turns_obey_priority_then_least_service_then_age(
    queue: list[tuple[int, int]], spent: list[float]
) -> None:
    with transaction.atomic():
        users = [make_user() for _ in range(4)]
        boards = [make_board(benchmarks=(), priority=priority) for priority in range(3)]
        for user, seconds in zip(users, spent, strict=True):
            had = make_submission(by=user, state="published", run=False)
            make_run(had, busy_seconds=seconds, finished_at=timezone.now())
        asked = [make_submission(by=users[who], board=boards[prio]) for who, prio in queue]
        order = turns.waiting()
        positions = turns.positions()
        transaction.set_rollback(True)
    facts = {s.pk: facts for s, facts in zip(asked, queue, strict=True)}
    assert sorted(positions.values()) == list(range(1, len(queue) + 1))
    assert [positions[pk] for pk in order] == sorted(positions.values())
    priorities = [facts[pk][1] for pk in order]
    assert priorities == sorted(priorities, reverse=True)
    for priority in set(priorities):
        _check_turns([(facts[pk][0], pk) for pk in order if facts[pk][1] == priority], spent)


def _check_turns(order: list[tuple[int, int]], spent: list[float]) -> None:
    """Hold the turns of one priority, as (submitter, submission), against the law."""
    had: Counter[int] = Counter()
    rounds = []
    for who, submission in order:
        rounds.append((had[who], spent[who], submission))
        had[who] += 1
    # One of each submitter in a round: nobody's many come before another's first.
    assert rounds == sorted(rounds)


@pytest.mark.django_db
def test_what_was_had_more_than_a_day_ago_is_forgotten() -> None:
    ana, ben = make_user(), make_user()
    board = make_board()
    for user, hours, seconds in ((ana, 25, 500.0), (ben, 23, 5.0)):
        ended = timezone.now() - timedelta(hours=hours)
        had = make_submission(by=user, state="published", run=False)
        make_run(had, busy_seconds=seconds, finished_at=ended)
    later = [make_submission(by=user, board=board).pk for user in (ben, ana)]
    assert turns.waiting() == later[::-1]


@pytest.mark.django_db
def test_what_is_at_work_counts_and_has_no_place() -> None:
    ana, ben = make_user(), make_user()
    board = make_board()
    at_work = make_submission(by=ana, board=board, state="running")
    Run.objects.update(busy_seconds=9.0)
    hers, his = (make_submission(by=user, board=board) for user in (ana, ben))
    assert turns.positions() == {his.pk: 1, hers.pk: 2}
    assert [turns.position(s) for s in (at_work, his, hers)] == [None, 1, 2]
    assert Submission.objects.count() == 3
