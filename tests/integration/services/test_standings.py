"""A board's version: another one with every change of what it shows, and no other time."""

import pytest
from django.urls import reverse

from evaluations.models import BoardState, Submission
from evaluations.queries.standings import standings
from evaluations.services.rescoring import rescore
from evaluations.services.standings import touch
from evaluations.services.withdrawal import withdraw
from leaderboard.boards.snapshot import snapshot
from tests import factories
from tests.integration.services.test_rescoring import published

pytestmark = pytest.mark.django_db


@pytest.fixture
def result():
    board = factories.make_board("demo")
    made = factories.make_result(board=board)
    factories.make_answers(made)
    return made


def version():
    return BoardState.objects.get().version


def test_each_touch_makes_another_version_and_a_later_date(result):
    before = BoardState.objects.get()
    touch(result.board_id)
    after = BoardState.objects.get()
    assert after.version != before.version
    assert after.changed_at >= before.changed_at


def test_withdrawn_result_makes_a_new_version_once(result):
    before = version()
    assert withdraw(submission=result.submission, by="ana")
    withdrawn = version()
    assert withdrawn != before
    assert not withdraw(submission=result.submission, by="ana")
    assert version() == withdrawn


def test_withdrawn_submission_without_a_result_changes_no_board(result):
    before = version()
    assert withdraw(submission=factories.make_submission(board=result.board), by="ana")
    assert version() == before


def test_superseding_publication_makes_a_new_version(result):
    before = version()
    made, _ = rescore(result=result, by="operator")
    assert version() == before
    new = published(made)
    assert version() != before
    assert [row.result for row in standings(result.board).rows] == [new.public_id]


def test_words_mended_by_staff_make_a_new_version(client, result):
    client.force_login(factories.make_user("root", is_staff=True, is_superuser=True))
    before = version()
    address = reverse("admin:evaluations_board_change", args=[result.board_id])
    client.get(address)
    assert version() == before
    client.post(address, {"title": "New words", "description": "", "slug": "demo", "priority": 3})
    assert version() != before


def test_places_of_an_older_version_say_nothing(result):
    state = BoardState.objects.get()
    state.ranked_version, state.places = state.version, {result.public_id: [1, 1, 1]}
    state.save()
    (row,) = standings(result.board).rows
    assert (row.first, row.last, row.bracket) == (1, 1, 1)
    touch(result.board_id)
    (row,) = standings(result.board).rows
    assert (row.first, row.last, row.bracket) == (None, None, None)


def test_board_without_results_has_no_sections():
    found = standings(factories.make_board("demo"))
    assert (found.version, found.changed_at, found.sections, found.rows) == ("", None, [], [])


def test_superseded_and_withdrawn_results_stand_nowhere(result):
    other = factories.make_result(board=result.board)
    Submission.objects.filter(pk=result.submission_id).update(state="superseded")
    assert [row.result for row in standings(result.board).all_rows] == [other.public_id]


def test_board_is_shown_as_of_its_version_though_it_was_read_before(result):
    stale = type(result.board).objects.select_related("suite").get()
    result.board.title, result.board.suite = "Moved", factories.make_version(result.board.suite)
    result.board.save()
    touch(result.board_id)
    found = snapshot(stale).standings
    assert (found.board.title, found.board.suite.version) == ("Moved", 2)
    assert [section.settings.suite[-2:] for section in found.sections] == ["v2", "v1"]
