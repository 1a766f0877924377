import pytest

from evaluations.enums import OPEN_STATES, SubmissionState
from evaluations.models import Run, Submission, Unit
from evaluations.services import runs
from evaluations.services.runs import StaleLeaseError
from evaluations.services.withdrawal import withdraw
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def board():
    """A board with three results; the best one is to be withdrawn."""
    board = factories.make_board("demo")
    for value in (0.9, 0.5, 0.3):
        factories.make_result(board=board, value=value)
    return board


@pytest.fixture
def best(board, ana):
    result = board.results.get(value=0.9)
    Submission.objects.filter(pk=result.submission_id).update(by=ana.user)
    assert ana.post(f"submissions/{result.submission.public_id}/withdraw").status_code == 200
    return result


def test_withdrawn_result_leaves_the_board_and_its_ranks(client, best):
    rows = client.get("/api/v1/boards/demo/standings").json()["standings"]
    assert [(row["rank"], row["score"]) for row in rows] == [(1, 0.5), (2, 0.3)]
    assert client.get("/boards/demo.json").json()["standings"] == rows
    assert client.get("/api/v1/boards/demo").json()["results"] == 2
    assert client.get("/api/v1/boards").json()["items"][0]["results"] == 2
    second = client.get(f"/api/v1/results/{rows[0]['result']}").json()
    assert (second["rank"], second["benchmarks"][0]["best"]) == (1, 0.5)
    assert best.public_id not in client.get("/boards/demo/").content.decode()


def test_withdrawn_result_leaves_the_lists_of_latest_and_leaders(client, best):
    listed = client.get("/api/v1/results").json()["items"]
    assert [row["score"] for row in listed] == [0.3, 0.5]
    assert best.public_id not in client.get("/").content.decode()
    model = best.revision.model.name
    (mine,) = client.get(f"/api/v1/models/local/{model}").json()["results"]
    assert (mine["id"], mine["withdrawn"]) == (best.public_id, True)
    assert "ithdrawn" in client.get(f"/models/local/{model}/").content.decode()


def test_withdrawn_result_keeps_its_page_and_files_with_a_notice(client, best):
    data = client.get(f"/api/v1/results/{best.public_id}").json()
    assert (data["rank"], data["withdrawn"], data["score"]) == (None, True, 0.9)
    page = client.get(f"/results/{best.public_id}/").content.decode()
    assert "This result was withdrawn." in page
    assert "none: withdrawn" in page
    assert client.get(f"/api/v1/results/{best.public_id}/bundle.tar").getvalue() == b"bundle"
    page = client.get(f"/submissions/{best.submission.public_id}/").content.decode()
    assert "By <bdi>ana</bdi>" in page
    assert f"/results/{best.public_id}/" in page


def test_withdrawn_submission_says_so_and_frees_its_place(ana, best):
    data = ana.get(f"submissions/{best.submission.public_id}").json()
    assert (data["state"], data["result"], data["failure"]) == ("withdrawn", best.public_id, None)
    last = best.submission.events.last()
    assert (last.state, last.actor) == ("withdrawn", "ana")
    assert ana.post(f"submissions/{best.submission.public_id}/retry").status_code == 201


@pytest.mark.parametrize("state", sorted(OPEN_STATES))
def test_work_on_a_withdrawn_submission_stops(state):
    submission = factories.make_submission(state=state)
    Run.objects.update(token=3, lease_until=factories.ago(-1))
    factories.make_unit(submission.run, state="claimed", token=5, lease_until=factories.ago(-1))
    assert withdraw(submission=submission, by="ana")
    run, unit = Run.objects.get(), Unit.objects.get()
    assert (run.token, run.lease_until, unit.token, unit.lease_until) == (4, None, 6, None)
    assert run.finished_at is not None
    with pytest.raises(StaleLeaseError):
        runs.advance(run=submission.run, by="worker", to=SubmissionState.FETCHING, token=3)
    assert Submission.objects.get().state == "withdrawn"


@pytest.mark.parametrize("state", ["failed", "cancelled", "withdrawn"])
def test_what_has_ended_otherwise_cannot_be_withdrawn(ana, state):
    submission = factories.make_submission(by=ana.user, state=state)
    response = ana.post(f"submissions/{submission.public_id}/withdraw")
    assert (response.status_code, response.json()["code"]) == (409, "already_ended")
    assert not submission.events.filter(state="withdrawn").exists()


def test_withdrawing_an_open_submission_shows_where_it_stopped(client, ana):
    submission = factories.make_submission(by=ana.user)
    ana.post(f"submissions/{submission.public_id}/withdraw")
    page = client.get(f"/submissions/{submission.public_id}/").content.decode()
    assert "withdrawn here" in page
    assert "Nothing was published." in page
    assert "Submit again" in page
