import pytest

from evaluations.enums import SubmissionState
from evaluations.models import Board, Submission
from evaluations.services.standings import touch
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair():
    """A result and the one that superseded it, and a third that has nothing to do with them."""
    board, revision = factories.make_board("demo"), factories.make_revision()
    factories.make_result(board=board, value=0.5)
    old = factories.make_result(board=board, revision=revision, value=0.9)
    Submission.objects.filter(pk=old.submission_id).update(state=SubmissionState.SUPERSEDED)
    new = factories.make_result(board=board, revision=revision, value=0.4, rescores=old.submission)
    return old, new


def got(client, result):
    return client.get(f"/api/v1/results/{result.public_id}").json()


def test_both_results_name_each_other(client, pair):
    old, new = pair
    before, after = got(client, old), got(client, new)
    assert (before["supersedes"], before["superseded_by"]) == (None, new.public_id)
    assert (after["supersedes"], after["superseded_by"]) == (old.public_id, None)
    assert (before["rank"], after["rank"]) == (None, 2)
    assert (before["withdrawn"], before["score"]) == (False, 0.9)
    assert after["benchmarks"][0]["best"] == 0.5


def test_superseded_result_leaves_board_lists_and_counts(client, pair):
    old, new = pair
    rows = client.get("/api/v1/boards/demo/standings").json()["standings"]
    assert [row["score"] for row in rows] == [0.5, 0.4]
    assert client.get("/api/v1/boards/demo").json()["results"] == 2
    assert client.get("/api/v1/boards").json()["items"][0]["results"] == 2
    listed = client.get("/api/v1/results").json()["items"]
    assert listed[0]["id"] == new.public_id
    assert old.public_id not in [row["id"] for row in listed]
    model = client.get(f"/api/v1/models/local/{old.revision.model.name}").json()
    assert [(r["id"], r["superseded"]) for r in model["results"]] == [
        (new.public_id, False), (old.public_id, True),
    ]  # fmt: skip


def test_submission_names_the_one_that_it_rescores(client, pair):
    old, new = pair
    data = client.get(f"/api/v1/submissions/{new.submission.public_id}").json()
    assert (data["rescores"], data["result"]) == (old.submission.public_id, new.public_id)
    data = client.get(f"/api/v1/submissions/{old.submission.public_id}").json()
    assert (data["rescores"], data["state"]) == (None, "superseded")


def test_result_names_the_version_that_measured_it_when_its_board_moves_on(client, pair):
    _, new = pair
    later = factories.make_version(new.board.suite)
    Board.objects.update(suite=later)
    touch(new.board_id)
    data = got(client, new)
    assert (data["suite"], data["rank"]) == (f"{later.name} v1", None)
    assert [line["name"] for line in data["benchmarks"]] == ["patterns", "sums"]
    assert data["benchmarks"][0]["value"] == 0.4
    assert client.get("/api/v1/boards/demo").json()["results"] == 0
    assert client.get("/api/v1/boards").json()["items"][0]["results"] == 0
    # Both of the old version's stand apart, in an order of their own, from a ranking without rows.
    found = client.get("/api/v1/boards/demo/standings").json()
    assert [(s["suite"], s["results"]) for s in found["sections"]] == [
        (f"{later.name} v2", 0), (f"{later.name} v1", 2),
    ]  # fmt: skip
    assert [(row["section"], row["rank"]) for row in found["standings"]] == [(1, 1), (1, 2)]


@pytest.mark.parametrize("action", ["cancel", "withdraw"])
def test_submitter_can_not_stop_an_open_rescoring(ana, pair, action):
    _, new = pair
    again = factories.make_submission(
        board=new.board, by=ana.user, state="scoring", rescores=new.submission
    )
    response = ana.post(f"submissions/{again.public_id}/{action}")
    assert (response.status_code, response.json()["code"]) == (403, "not_yours")
    assert Submission.objects.get(pk=again.pk).state == "scoring"
