import pytest

from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def submission():
    return factories.make_result().submission


def withdraw(client, submission):
    response = client.post(f"/submissions/{submission.public_id}/withdraw/")
    submission.refresh_from_db()
    return response


def test_submitter_can_withdraw_a_published_result(client, submission):
    client.force_login(submission.by)
    page = client.get(f"/submissions/{submission.public_id}/").content.decode()
    assert "Withdraw the result" in page
    response = withdraw(client, submission)
    assert (response.status_code, response.url) == (303, f"/submissions/{submission.public_id}/")
    assert submission.state == "withdrawn"
    page = client.get(response.url).content.decode()
    assert "The submission is withdrawn." in page
    assert "Withdraw the result" not in page


def test_somebody_else_can_not_withdraw(client, submission):
    client.force_login(factories.make_user("eve"))
    page = client.get(f"/submissions/{submission.public_id}/").content.decode()
    assert "Withdraw the result" not in page
    assert withdraw(client, submission).status_code == 403
    assert submission.state == "published"


def test_stranger_who_withdraws_is_asked_to_sign_in(client, submission):
    response = withdraw(client, submission)
    assert response.url == f"/accounts/login/?next=/submissions/{submission.public_id}/"
    assert submission.state == "published"


def test_withdrawing_twice_changes_nothing(client, submission):
    client.force_login(submission.by)
    withdraw(client, submission)
    response = withdraw(client, submission)
    assert "There was nothing left to withdraw" in client.get(response.url).content.decode()
    assert submission.events.filter(state="withdrawn").count() == 1
