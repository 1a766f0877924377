import pytest
from django.utils import timezone

from evaluations.enums import SubmissionState
from evaluations.models import SubmissionEvent
from tests import factories
from tests.history import rewriting

pytestmark = pytest.mark.django_db


def get(client, submission, query=""):
    return client.get(f"/submissions/{submission.public_id}/{query}")


def words(response):
    return " ".join(response.content.decode().split())


def statuses(response):
    return [(str(stage.state), str(stage.status)) for stage, _ in response.context["stages"]]


def make_running(**fields):
    submission = factories.make_submission(state="running", **fields)
    for state in ("fetching", "planning", "running"):
        factories.make_event(submission, state)
    return submission


@pytest.mark.parametrize("rows", [1, 3])
def test_running_submission_is_shown_in_three_queries(client, django_assert_num_queries, rows):
    submission = make_running()
    for number in range(rows):
        factories.make_unit(submission.run, f"task_{number}", answered=10)
    with django_assert_num_queries(3):
        page = words(get(client, submission))
    assert f"{10 * rows} of {100 * rows} documents answered" in page


def test_queued_submission_shows_its_place(client):
    factories.make_submission()
    submission = factories.make_submission()
    page = words(get(client, submission))
    assert "place 2 in the queue" in page
    assert "1 submission is ahead of it." in page


def test_first_in_the_queue_is_told_so(client):
    assert "This submission is the next to start." in words(
        get(client, factories.make_submission())
    )


def test_running_submission_shows_stages_progress_and_time_left(client):
    submission = make_running()
    run = submission.run
    run.answering_since = factories.ago(10)
    run.save()
    factories.make_unit(run, "task_a", answered=100)
    factories.make_unit(run, "task_b", answered=0)
    response = get(client, submission)
    assert statuses(response) == [
        ("queued", "done"), ("fetching", "done"), ("planning", "done"), ("running", "now"),
        ("scoring", "todo"), ("publishing", "todo"), ("published", "todo"),
    ]  # fmt: skip
    page = words(response)
    assert "100 of 200 documents answered" in page
    assert "about 10 min left" in page
    assert '<progress max="100" value="100" aria-label="task_a" class="full">' in page


def test_stages_show_when_they_began_and_how_long_they_took(client):
    submission = make_running()
    with rewriting():
        for event, minutes in zip(submission.events.all(), (30, 20, 15, 14), strict=True):
            SubmissionEvent.objects.filter(pk=event.pk).update(at=factories.ago(minutes))
    took = [stage.took for stage, _ in get(client, submission).context["stages"]]
    assert [round(span.total_seconds() / 60) for span in took[:3]] == [10, 5, 1]
    assert took[3:] == [None] * 4


def test_failed_submission_says_why_and_who_can_mend_it(client):
    submission = factories.make_submission(
        state="failed", failure_code="nan_logits", failure_detail="214 weights <b>are</b> infinite."
    )
    factories.make_event(submission, "fetching")
    factories.make_event(submission, "failed")
    run = submission.run
    run.log_tail = "12:52:06 logits are nan\n</pre><script>alert(1)</script>"
    run.save()
    response = get(client, submission)
    page = words(response)
    assert "nan_logits" in page
    assert "The model answers with NaN or infinity" in page
    assert "214 weights &lt;b&gt;are&lt;/b&gt; infinite." in page
    assert "Save in bfloat16 or float32." in page
    assert "can be mended by the submitter" in page
    assert "no, it would fail again" in page
    assert "&lt;/pre&gt;&lt;script&gt;alert(1)" in page
    assert statuses(response)[:3] == [
        ("queued", "done"), ("fetching", "failed"), ("planning", "todo"),
    ]  # fmt: skip


def test_submission_that_we_retried_says_so(client):
    submission = factories.make_submission(state="failed", failure_code="worker_lost")
    assert "yes, and it failed each time" in words(get(client, submission))


def test_failure_of_an_unknown_code_is_still_shown(client):
    submission = factories.make_submission(state="failed", failure_code="from_the_future")
    assert "from_the_future" in words(get(client, submission))


def test_interrupted_submission_says_that_it_is_tried_again(client):
    submission = factories.make_submission()
    run = submission.run
    run.faults, run.not_before = 1, timezone.now()
    run.save()
    page = words(get(client, submission))
    assert "1 of at most 3 times" in page
    assert "Tried again" in page


def test_published_submission_leads_to_its_result(client):
    result = factories.make_result()
    page = words(get(client, result.submission))
    assert f'href="/results/{result.public_id}/"' in page
    assert "refresh.js" not in page


def test_cancelled_submission_says_where_it_was_stopped(client):
    submission = factories.make_submission(state="cancelled", failure_code="cancelled")
    factories.make_event(submission, "cancelled")
    response = get(client, submission)
    assert statuses(response)[0] == ("queued", "stopped")
    assert "Nothing was published." in words(response)


@pytest.mark.parametrize("state", list(SubmissionState))
def test_fragment_is_the_changing_part_of_the_page(client, state):
    if state == "published":
        submission = factories.make_result().submission
    else:
        submission = factories.make_submission(state=state)
    fragment = get(client, submission, "?fragment=1").content.decode().strip()
    page = get(client, submission).content.decode()
    assert fragment.startswith('<div class="sub"')
    assert fragment in page
    assert ('data-open="yes"' in fragment) == ("refresh.js" in page) == submission.is_open


def test_open_submission_can_be_refreshed_by_a_link(client):
    submission = factories.make_submission()
    address = f"http://testserver/submissions/{submission.public_id}/"
    assert f'<a class="btn" href="{address}">Refresh</a>' in words(get(client, submission))


def test_submission_without_a_run_is_still_shown(client):
    submission = factories.make_submission(run=False)
    assert get(client, submission).status_code == 200


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "نموذج", "x" * 96])
def test_submission_shows_hostile_words_as_text(client, name):
    revision = factories.make_revision(factories.make_model(name))
    submission = factories.make_submission(
        revision=revision, by=factories.make_user("<script>alert(2)</script>"),
        intended_use="<script>alert(3)</script>",
    )  # fmt: skip
    response = get(client, submission)
    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()


def test_unknown_submission_is_not_found(client):
    assert client.get("/submissions/0000000000/").status_code == 404


def test_submission_is_never_taken_from_a_cache(client):
    assert "no-store" in get(client, factories.make_submission())["Cache-Control"]
