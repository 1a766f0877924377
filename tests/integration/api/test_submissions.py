import pytest

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
            "stage": "queued", "answered": 0, "documents": 0, "seconds_left": None, "tasks": [],
        },
        "failure": None,
        "result": None,
    }  # fmt: skip
    assert created.startswith(submission.created_at.strftime("%Y-%m-%dT%H:%M:%S"))


def test_running_submission_tells_its_progress(client):
    submission = factories.make_submission(state="running")
    run = submission.run
    run.answering_since = factories.ago(1)
    run.save()
    factories.make_unit(run, "task_a", answered=100)
    factories.make_unit(run, "task_b", answered=0)
    data = get(client, submission).json()
    left = data["progress"].pop("seconds_left")
    assert left == pytest.approx(60, abs=5)
    assert data["position"] is None
    assert data["progress"] == {
        "stage": "running",
        "answered": 100,
        "documents": 200,
        "tasks": [
            {"task": "task_a", "answered": 100, "documents": 100},
            {"task": "task_b", "answered": 0, "documents": 100},
        ],
    }


def test_failed_submission_tells_why(client):
    submission = factories.make_submission(
        state="failed", failure_code="worker_lost", failure_detail="It ended with signal 9."
    )
    failure = get(client, submission).json()["failure"]
    hint = failure.pop("hint")
    assert hint.startswith("The site tries again by itself.")
    assert failure == {
        "code": "worker_lost",
        "detail": "It ended with signal 9.",
        "cause": "The process that ran the model ended unexpectedly.",
        "mender": "platform",
        "retried": True,
    }


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
