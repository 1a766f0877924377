from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from evaluations.models import IdempotentRequest, Submission
from evaluations.services.idempotency import ABANDONED, KEPT
from tests import factories
from tests.integration.api.conftest import Person, make_person
from workers.tasks import sweep

pytestmark = pytest.mark.django_db
KEY = "7d0f1f6e-5c1b"


def submit(person, wanted, key=KEY):
    return person.post("submissions", wanted, Idempotency_Key=key)


def test_request_sent_twice_is_one_submission(ana, wanted):
    first, second = submit(ana, wanted), submit(ana, wanted)
    assert Submission.objects.count() == 1
    assert (second.status_code, second.content) == (201, first.content)
    assert second["Location"] == first["Location"]
    assert second["Content-Type"] == first["Content-Type"]
    assert (first.get("Idempotency-Replayed"), second["Idempotency-Replayed"]) == (None, "true")


def test_refusal_is_given_again_too(ana, wanted):
    asked = wanted | {"model": "local:late"}
    first = submit(ana, asked)
    factories.make_revision(factories.make_model("late"))
    second = submit(ana, asked)
    assert (second.status_code, second.content) == (422, first.content)
    assert second["Content-Type"] == "application/problem+json"
    assert submit(ana, asked, "another-key").status_code == 201


def test_key_of_another_request_is_refused(ana, wanted):
    submit(ana, wanted)
    for response in (
        submit(ana, wanted | {"intended_use": "x"}),
        ana.post("submissions/check", wanted, Idempotency_Key=KEY),
    ):
        assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")


def test_keys_of_two_people_never_meet(ana, wanted, client):
    submit(ana, wanted)
    response = submit(make_person(client), wanted)
    assert (response.status_code, response.json()["code"]) == (409, "duplicate")


def test_first_request_at_work_is_waited_for(ana, wanted):
    first = submit(ana, wanted)
    IdempotentRequest.objects.update(status=0, body="")
    response = submit(ana, wanted)
    assert (response.status_code, response.json()["code"]) == (409, "request_in_progress")
    assert first.status_code == 201


def test_abandoned_request_is_taken_over_without_a_second_submission(ana, wanted):
    first = submit(ana, wanted)
    died = timezone.now() - ABANDONED - timedelta(seconds=1)
    IdempotentRequest.objects.update(status=0, body="", created_at=died)
    second = submit(ana, wanted)
    assert (second.status_code, second.json()["id"]) == (201, first.json()["id"])
    assert Submission.objects.count() == 1
    assert IdempotentRequest.objects.get().status == 201


@pytest.mark.parametrize("key", ["", "x" * 65, "a b", "é", "tab\t"])
def test_malformed_key_is_refused(ana, wanted, key):
    response = submit(ana, wanted, key)
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert not Submission.objects.exists()


def test_too_many_open_is_not_kept(ana, wanted, settings):
    settings.ASSAY_OPEN_SUBMISSIONS = 1
    other = factories.make_submission(by=ana.user)
    assert submit(ana, wanted).status_code == 429
    Submission.objects.filter(pk=other.pk).update(state="failed")
    assert submit(ana, wanted).status_code == 201


def test_request_without_a_good_token_keeps_nothing(client, wanted):
    reader = make_person(client, scopes=("read",))
    assert submit(reader, wanted).status_code == 403
    assert client.post(
        "/api/v1/submissions", wanted, content_type="application/json",
        headers={"Idempotency-Key": KEY},
    ).status_code == 401  # fmt: skip
    assert not IdempotentRequest.objects.exists()


@pytest.mark.parametrize("action", ["cancel", "withdraw"])
def test_ending_twice_with_one_key_is_answered_alike(ana, action):
    submission = factories.make_submission(by=ana.user)
    path = f"submissions/{submission.public_id}/{action}"
    first, second = (ana.post(path, Idempotency_Key=KEY) for _ in range(2))
    assert (second.status_code, second.content) == (200, first.content)
    assert ana.post(path, Idempotency_Key="new").status_code == 409


def test_retry_with_one_key_is_one_submission(ana):
    submission = factories.make_submission(by=ana.user, state="failed")
    path = f"submissions/{submission.public_id}/retry"
    first, second = (ana.post(path, Idempotency_Key=KEY) for _ in range(2))
    assert first.json()["id"] == second.json()["id"]
    assert Submission.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_requests_at_once_with_one_key_are_one_submission(ana, wanted):
    def send(_: int) -> Any:
        try:
            return Person(ana.user, ana.secret, Client()).post(
                "submissions", wanted, Idempotency_Key=KEY
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(send, range(6)))
    assert Submission.objects.count() == 1
    assert {response.status_code for response in said} <= {201, 409}
    made = [response for response in said if response.status_code == 201]
    assert sum(not response.has_header("Idempotency-Replayed") for response in made) == 1
    assert {r.json()["code"] for r in said if r not in made} <= {"request_in_progress"}


def test_sweep_forgets_answers_that_nobody_asks_for_any_more(ana, wanted):
    submit(ana, wanted, "old")
    submit(ana, wanted, "new")
    long_ago = timezone.now() - KEPT - timedelta(seconds=1)
    IdempotentRequest.objects.filter(key="old").update(created_at=long_ago)

    sweep()

    assert list(IdempotentRequest.objects.values_list("key", flat=True)) == ["new"]
