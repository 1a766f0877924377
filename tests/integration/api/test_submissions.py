import pytest

from evaluations.needs import Needs
from tests import factories

pytestmark = pytest.mark.django_db


def get(client, submission, path=""):
    return client.get(f"/api/v1/submissions/{submission.public_id}{path}")


def test_queued_submission_has_exactly_the_promised_shape(client):
    factories.make_submission()
    submission = factories.make_submission(
        board=factories.make_board("demo"), requested_revision="main", intended_use="For a class."
    )
    data = get(client, submission).json()
    created = data.pop("created_at")
    assert data == {
        "id": submission.public_id,
        "url": f"http://testserver/submissions/{submission.public_id}/",
        "state": "queued",
        "model": str(submission.revision.model),
        "revision": submission.revision.commit,
        "requested_revision": "main",
        "board": "demo",
        "precision": "float32",
        "chat_template": False,
        "intended_use": "For a class.",
        "position": 2,
        "progress": {
            "stage": "queued", "answered": 0, "documents": 0, "seconds_left": None,
            "per_second": None, "step_done": 0, "step_total": 0, "workers": 0, "tasks": [],
        },
        "wait": None,
        "waiting_for": ["No worker is there: none was heard of in the last five minutes."],
        "interruption": None,
        "isolation": "",
        "failure": None,
        "rescores": None,
        "result": None,
    }  # fmt: skip
    assert created.startswith(submission.created_at.strftime("%Y-%m-%dT%H:%M:%S"))


def test_running_submission_tells_its_progress(client):
    submission = factories.make_submission(state="running")
    run = submission.run
    run.answering_since = factories.ago(1)
    run.save()
    factories.make_unit(run, "task_a", answered=100)
    factories.make_unit(run, "task_b", answered=0, state="claimed", lease_until=factories.ago(-1))
    data = get(client, submission).json()
    left = data["progress"].pop("seconds_left")
    assert left == pytest.approx(60, abs=5)
    assert data["progress"].pop("per_second") == pytest.approx(100 / 60, rel=0.1)
    assert data["position"] is None
    assert data["progress"] == {
        "stage": "running",
        "answered": 100,
        "documents": 200,
        "step_done": 0,
        "step_total": 0,
        "workers": 1,
        "tasks": [
            {"task": "task_a", "answered": 100, "documents": 100},
            {"task": "task_b", "answered": 0, "documents": 100},
        ],
    }


def test_failed_submission_tells_why(client):
    submission = factories.make_submission(
        state="failed", failure_code="worker_lost", failure_detail="It ended with signal 9."
    )
    submission.run.log_tail = "one\ntwo"
    submission.run.save()
    failure = get(client, submission).json()["failure"]
    hint = failure.pop("hint")
    assert hint.startswith("The site tries again by itself.")
    assert failure == {
        "code": "worker_lost",
        "detail": "It ended with signal 9.",
        "cause": "The process that ran the model ended unexpectedly.",
        "mender": "platform",
        "retried": True,
        "retry": "up to 3 attempts, with a pause that grows",
        "log_tail": "one\ntwo",
    }


def make_ended():
    """Make as many runs of two minutes as waiting times are judged from."""
    for _ in range(3):
        run = factories.make_submission(state="published").run
        run.busy_seconds, run.finished_at = 120, factories.ago(1)
        run.save()


def test_queued_submission_tells_how_long_it_may_wait(client):
    factories.make_worker()
    make_ended()
    factories.make_submission(state="running")
    factories.make_submission()
    data = get(client, factories.make_submission()).json()
    assert (data["position"], data["wait"]) == (2, {"least": 120, "most": 240})
    assert data["waiting_for"] == []


def test_submission_tells_what_no_worker_has(client):
    factories.make_worker(memory=8)
    make_ended()
    submission = factories.make_submission()
    submission.run.needs = Needs(memory=12_300_000_000, tags=("gpu",)).as_json()
    submission.run.save()
    data = get(client, submission).json()
    assert data["wait"] is None
    assert data["waiting_for"] == [
        "No worker here has 12.3 GB of memory; the most is 8 GB.",
        "No worker here has a GPU.",
    ]


def test_interrupted_submission_tells_why_and_until_when(client):
    submission = factories.make_submission(state="planning")
    factories.make_event(submission, "planning")
    factories.make_event(submission, "planning", note="disk_full")
    run = submission.run
    run.faults, run.not_before, run.isolation = 2, factories.ago(-10), "bubblewrap"
    run.save()
    data = get(client, submission).json()
    until = data["interruption"].pop("until")
    assert until.startswith(run.not_before.strftime("%Y-%m-%dT%H:%M:%S"))
    assert data["interruption"] == {
        "code": "disk_full",
        "cause": "The site's disk was full.",
        "mender": "platform",
        "attempt": 3,
        "attempts": 3,
    }
    assert data["isolation"] == "bubblewrap"


def test_published_submission_names_its_result(client):
    result = factories.make_result()
    data = get(client, result.submission).json()
    assert (data["state"], data["result"]) == ("published", result.public_id)


def test_log_is_text_and_never_markup(client):
    submission = factories.make_submission()
    submission.run.log_tail = "<script>alert(1)</script>"
    submission.run.save()
    response = get(client, submission, "/log")
    assert response.content == b"<script>alert(1)</script>\n"
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_log_of_a_submission_that_has_none_is_empty(client):
    assert get(client, factories.make_submission(run=False), "/log").content == b""


@pytest.mark.parametrize("path", ["", "/log"])
def test_unknown_submission_is_a_problem(client, path):
    response = client.get(f"/api/v1/submissions/0000000000{path}")
    assert (response.status_code, response.json()["code"]) == (404, "submission_not_found")
