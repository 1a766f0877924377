import pytest

from evaluations.needs import Needs
from tests import factories

pytestmark = pytest.mark.django_db


def words(client):
    return " ".join(client.get("/queue/").content.decode().split())


@pytest.mark.parametrize("rows", [1, 3])
def test_queue_is_shown_in_eight_queries(client, django_assert_num_queries, rows):
    for _ in range(rows):
        working = factories.make_submission(state="running")
        factories.make_unit(working.run)
        factories.make_worker(run=working.run)
        factories.make_submission(state="queued")
        factories.make_submission(state="failed", failure_code="nan_logits")
    with django_assert_num_queries(8):
        queue = client.get("/queue/").context["queue"]
    parts = (queue.working, queue.waiting, queue.ended, queue.workers)
    assert [len(part) for part in parts] == [rows] * 4


def test_queue_shows_who_works_on_what_but_no_host(client):
    working = factories.make_submission(state="running")
    factories.make_unit(working.run, answered=40)
    factories.make_worker(name="secret.example.org-41-ab12cd", run=working.run)
    factories.make_worker(name="secret.example.org-42-ef34", tags=("gpu",))
    factories.make_worker(name="secret.example.org-43-gone", seen_at=factories.ago(6))
    page = words(client)
    assert (
        'ab12cd</th> <td role="cell" class="m">16 GB of memory · 100 GB of free disk</td>' in page
    )
    assert "GPU · no access to the model hub" in page
    assert page.count(f'href="/submissions/{working.public_id}/"') == 2
    assert "40 of 100 documents" in page
    assert "nothing just now" in page
    assert "secret" not in page
    assert "gone" not in page


def test_queue_without_workers_says_so(client):
    assert "No worker is there just now." in words(client)


def test_queue_says_what_a_submission_waits_for(client):
    factories.make_worker(memory=8)
    factories.make_submission()
    huge = factories.make_submission()
    huge.run.needs = Needs(memory=12_300_000_000).as_json()
    huge.run.save()
    page = words(client)
    assert "No worker here has 12.3 GB of memory; the most is 8 GB." in page
    assert "its turn" in page


def test_queue_tells_the_priority_of_boards(client):
    factories.make_submission()
    assert "priority" not in words(client)
    board = factories.make_board(priority=5)
    first = factories.make_submission(board=board)
    page = words(client)
    assert "Boards with a higher priority come first" in page
    assert "<small> priority 5 </small>" in page
    assert client.get("/queue/").context["waiting"][0].submission == first


def test_queue_colours_faults_of_the_site_as_such(client):
    factories.make_submission(state="failed", failure_code="disk_full")
    page = words(client)
    assert '<span class="st-ours">Failed</span>' in page
    assert "not the model" in page
    assert "st-failed" not in page


def test_queue_shows_what_was_interrupted(client):
    submission = factories.make_submission(state="planning")
    submission.run.not_before = factories.ago(-1)
    submission.run.save()
    assert "interrupted; goes on by itself" in words(client)


def test_queue_is_in_order(client):
    first, second = factories.make_submission(), factories.make_submission()
    old = factories.make_submission(state="cancelled")
    new = factories.make_submission(state="failed", failure_code="nan_logits")
    factories.make_event(new, "failed")
    factories.make_event(old, "cancelled")
    queue = client.get("/queue/").context["queue"]
    assert (queue.waiting, queue.ended) == ([first, second], [old, new])


def test_queue_that_is_long_says_how_long(client):
    board, by = factories.make_board(), factories.make_user()
    for _ in range(51):
        factories.make_submission(board=board, by=by)
    response = client.get("/queue/")
    assert len(response.context["queue"].waiting) == 50
    assert "the first 50 of 51" in response.content.decode()


def test_empty_queue_says_so(client):
    assert "The queue is empty" in client.get("/queue/").content.decode()
