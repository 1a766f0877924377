import pytest

from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def submission():
    return factories.make_submission(by=factories.make_user("ana"))


def cancel(client, submission):
    response = client.post(f"/submissions/{submission.public_id}/cancel/")
    submission.refresh_from_db()
    return response


@pytest.mark.parametrize("who", ["ana", "staff"])
def test_submitter_and_staff_can_cancel(client, submission, who):
    user = submission.by if who == "ana" else factories.make_user("staff", is_staff=True)
    client.force_login(user)
    page = client.get(f"/submissions/{submission.public_id}/").content.decode()
    assert "Cancel this submission" in page
    response = cancel(client, submission)
    assert (response.status_code, response.url) == (303, f"/submissions/{submission.public_id}/")
    assert submission.state == "cancelled"
    assert [event.actor for event in submission.events.filter(state="cancelled")] == [who]
    assert "The submission is cancelled." in client.get(response.url).content.decode()


def test_somebody_else_cannot_cancel(client, submission):
    client.force_login(factories.make_user("eve"))
    page = client.get(f"/submissions/{submission.public_id}/").content.decode()
    assert "Cancel this submission" not in page
    response = cancel(client, submission)
    assert response.status_code == 403
    assert "Only the submitter or staff of this site can cancel this." in response.content.decode()
    assert submission.state == "queued"


def test_stranger_is_asked_to_sign_in_and_led_back(client, submission):
    response = cancel(client, submission)
    assert response.status_code == 302
    assert response.url == f"/accounts/login/?next=/submissions/{submission.public_id}/"
    assert submission.state == "queued"


def test_cancelling_what_has_ended_changes_nothing(client):
    result = factories.make_result()
    client.force_login(result.submission.by)
    response = cancel(client, result.submission)
    assert result.submission.state == "published"
    assert "There was nothing left to cancel" in client.get(response.url).content.decode()


def test_cancel_needs_a_post(client, submission):
    client.force_login(submission.by)
    assert client.get(f"/submissions/{submission.public_id}/cancel/").status_code == 405
    submission.refresh_from_db()
    assert submission.state == "queued"


def test_cancel_needs_the_token(client, submission):
    client.force_login(submission.by)
    client.handler.enforce_csrf_checks = True
    assert cancel(client, submission).status_code == 403
    assert submission.state == "queued"


def test_cancel_of_an_unknown_submission_is_not_found(client):
    assert client.post("/submissions/0000000000/cancel/").status_code == 404
