"""`manage.py rescore`: what it asks for, and what it says when it can't."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from evaluations.models import Result, Submission
from evaluations.services.withdrawal import withdraw
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def two() -> list[Result]:
    board = factories.make_board("b")
    made = [factories.make_result(board=board, value=value) for value in (0.9, 0.5)]
    for result in made:
        factories.make_answers(result)
    return made


def rescored(*names: str, **options: Any) -> tuple[str, str]:
    said, complained = io.StringIO(), io.StringIO()
    call_command("rescore", *names, stdout=said, stderr=complained, **options)
    return said.getvalue(), complained.getvalue()


def rescorings() -> list[Submission]:
    return list(Submission.objects.exclude(rescores=None).order_by("pk"))


def test_named_results_are_scored_again(two: list[Result]) -> None:
    said, _ = rescored(two[1].public_id)
    [made] = rescorings()
    assert made.rescores == two[1].submission
    assert made.events.get().actor.startswith("operator (")
    assert f"{two[1].public_id} is scored again by {made.suite}" in said
    assert made.public_id in said


def test_every_result_of_a_board_is_scored_again_once(two: list[Result]) -> None:
    rescored(board="b")
    assert [made.rescores for made in rescorings()] == [r.submission for r in two]
    said, _ = rescored(board="b")
    assert said.count("is being scored again already") == 2
    assert len(rescorings()) == 2


def test_version_of_the_suite_is_taken_by_name(two: list[Result]) -> None:
    later = factories.make_version(two[0].board.suite)
    for _ in range(2):
        rescored(board="b", suite=f"{later.name}@2")
        assert [made.suite for made in rescorings()] == [later, later]


def test_results_by_the_wanted_version_are_left_alone(two: list[Result]) -> None:
    said, _ = rescored(board="b", suite=f"{two[0].board.suite.name}@1")
    assert said == "There is no result to score again.\n"
    assert rescorings() == []


def test_dry_run_changes_nothing(two: list[Result]) -> None:
    said, _ = rescored(board="b", dry_run=True)
    assert said.count("would be scored again by") == 2
    assert rescorings() == []


def test_one_that_can_not_be_scored_again_holds_up_all_unless_left_out(two: list[Result]) -> None:
    two[0].submission.run.units.all().delete()
    with pytest.raises(CommandError, match="--leave-out goes on with the others"):
        rescored(board="b")
    assert rescorings() == []
    _, complained = rescored(board="b", leave_out=True)
    assert complained.startswith(f"{two[0].public_id}: Recorded answers are missing")
    assert [made.rescores for made in rescorings()] == [two[1].submission]


def test_withdrawn_result_is_refused_by_name_and_no_part_of_its_board(two: list[Result]) -> None:
    withdraw(submission=two[0].submission, by="ana")
    with pytest.raises(CommandError):
        rescored(two[0].public_id)
    rescored(board="b")
    assert [made.rescores for made in rescorings()] == [two[1].submission]


@pytest.mark.parametrize(
    ("names", "options", "message"),
    [
        ((), {}, "Name results, or one board"),
        (("x",), {"board": "b"}, "Name results, or one board"),
        (("x",), {"suite": "s@1"}, "--suite goes with --board"),
        (("nobody",), {}, "There is no result 'nobody'"),
        ((), {"board": "nowhere"}, "There is no board 'nowhere'; there are: b."),
        ((), {"board": "b", "suite": "s@9"}, "There is no suite 's@9'; loaded are: "),
        ((), {"board": "b", "suite": "s"}, "There is no suite 's'; loaded are: "),
    ],
)
def test_wrong_words_are_answered_plainly(
    two: list[Result], names: tuple[str, ...], options: dict[str, str], message: str
) -> None:
    with pytest.raises(CommandError) as error:
        rescored(*names, **options)
    assert message in str(error.value)
