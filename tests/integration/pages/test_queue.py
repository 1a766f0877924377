import pytest

from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("rows", [1, 3])
def test_queue_is_shown_in_four_queries(client, django_assert_num_queries, rows):
    for _ in range(rows):
        factories.make_submission(state="running")
        factories.make_submission(state="queued")
        factories.make_submission(state="failed", failure_code="nan_logits")
    with django_assert_num_queries(4):
        queue = client.get("/queue/").context["queue"]
    assert [len(part) for part in (queue.working, queue.waiting, queue.ended)] == [rows] * 3


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
