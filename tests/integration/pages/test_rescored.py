"""Results that were scored again: both sides lead to each other, and one ranks."""

import pytest

from evaluations.enums import SubmissionState
from evaluations.models import Board, Submission
from evaluations.services.standings import touch
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def board():
    return factories.make_board("demo")


@pytest.fixture
def pair(board):
    """A result and the one that superseded it; `sums` came out as before."""
    revision = factories.make_revision()
    old = factories.make_result(board=board, revision=revision, value=0.9)
    Submission.objects.filter(pk=old.submission_id).update(state=SubmissionState.SUPERSEDED)
    factories.make_event(old.submission, SubmissionState.SUPERSEDED)
    new = factories.make_result(
        board=board,
        revision=revision,
        value=0.4,
        environment=factories.ENVIRONMENT | {"rescored": {"lm_eval": "0.9.9"}},
        rescores=old.submission,
        scores={"sums": 0.9},
    )
    return old, new


def page(client, address):
    return " ".join(client.get(address).content.decode().split())


def test_superseded_result_keeps_its_page_and_leads_to_the_new_one(client, pair):
    old, new = pair
    found = page(client, f"/results/{old.public_id}/")
    assert "This result is superseded" in found
    assert f'href="/results/{new.public_id}/"' in found
    assert "none: superseded" in found
    assert "90.0" in found
    assert client.get(f"/api/v1/results/{old.public_id}/bundle.tar").getvalue() == b"bundle"


def test_new_result_says_what_it_supersedes_and_what_changed(client, pair):
    old, new = pair
    found = page(client, f"/results/{new.public_id}/")
    assert f'It supersedes <a href="/results/{old.public_id}/">' in found
    assert "The scorer is lm-eval 0.9.9." in found
    table = found.partition('id="changes"')[2].partition("</table>")[0]
    rows = [row.partition("</tr>")[0] for row in table.split("<tr>")[2:]]
    assert ["Patterns" in row for row in rows] == [True, False]
    assert "90.0" in rows[0]
    assert "40.0" in rows[0]
    assert "> changed <" in rows[0]
    assert "> as before <" in rows[1]
    assert "This result is superseded" not in found
    assert "<b>1</b> of 1" in found


def test_result_that_supersedes_nothing_shows_no_changes(client, board):
    result = factories.make_result(board=board)
    assert "What scoring again changed" not in page(client, f"/results/{result.public_id}/")


def test_only_the_new_one_ranks_and_is_listed(client, pair):
    old, new = pair
    for address in ("/", "/boards/demo/"):
        found = page(client, address)
        assert old.public_id not in found, address
        assert new.public_id in found, address
    listed = page(client, f"/models/local/{old.revision.model.name}/")
    assert listed.count(">superseded<") == 1


def test_result_by_an_older_version_says_so_and_stands_apart(client, board):
    result = factories.make_result(board=board)
    later = factories.make_version(board.suite)
    Board.objects.update(suite=later)
    touch(board.pk)
    found = page(client, f"/results/{result.public_id}/")
    assert f"This result was measured by <bdi>{later.name} v1</bdi>." in found
    assert f"<bdi>{later.name} v2</bdi> by now" in found
    assert "none: older suite" in found
    assert "Patterns" in found
    standings = page(client, "/boards/demo/")
    apart = f"suite <bdi>{later.name} v1</bdi> instead of <bdi>{later.name} v2</bdi>"
    assert standings.index(apart) < standings.index(f'/results/{result.public_id}/"')
    assert "stands alone" not in standings


def test_submissions_of_both_sides_say_what_became_of_them(client, pair):
    old, new = pair
    assert "It was scored anew since." in page(client, f"/submissions/{old.submission.public_id}/")
    found = page(client, f"/submissions/{new.submission.public_id}/")
    assert f'<a href="/submissions/{old.submission.public_id}/">' in found
    assert "No model is run." in found
    # Its life begins with scoring.
    assert "every file of the model, hashed" not in found


def test_submission_without_change_says_so(client, pair):
    _, new = pair
    again = factories.make_submission(
        board=new.board, revision=new.revision, state="unchanged", rescores=new.submission
    )
    factories.make_event(again, SubmissionState.UNCHANGED, note="nothing changed")
    found = page(client, f"/submissions/{again.public_id}/")
    assert "Nothing new was published." in found
    assert "Submit again" not in found
