import pytest
from django.utils import timezone

from evaluations.enums import SubmissionState
from evaluations.models import SubmissionEvent
from evaluations.needs import Needs
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
def test_running_submission_is_shown_in_four_queries(client, django_assert_num_queries, rows):
    submission = make_running()
    for number in range(rows):
        factories.make_unit(submission.run, f"task_{number}", answered=10)
    with django_assert_num_queries(4):
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
        ("queued", "done"), ("fetching", "done"), ("planning", "done"), ("smoke", "done"),
        ("running", "now"), ("scoring", "todo"), ("publishing", "todo"), ("published", "todo"),
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
    assert took[3:] == [None] * 5


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
    assert "not by itself: it would fail again" in page
    assert '<section class="alert ">' in page
    assert "not at fault" not in page
    assert "&lt;/pre&gt;&lt;script&gt;alert(1)" in page
    assert statuses(response)[:3] == [
        ("queued", "done"), ("fetching", "failed"), ("planning", "todo"),
    ]  # fmt: skip


@pytest.mark.parametrize("code", ["worker_lost", "dataset_gated", "engine_bug"])
def test_fault_of_the_site_is_never_shown_as_the_models(client, code):
    submission = factories.make_submission(state="failed", failure_code=code)
    factories.make_event(submission, "failed")
    page = words(get(client, submission))
    assert "the model is not at fault" in page
    assert '<section class="alert ours">' in page
    assert "stopped here by a fault that is not the model" in page
    assert '<b class="st-ours">Failed</b>' in page
    assert "neither the model nor anybody" in page
    assert "st-failed" not in page


@pytest.mark.parametrize(
    ("code", "policy"),
    [
        ("worker_lost", "up to 3 attempts, with a pause that grows; it failed each time"),
        ("time_limit", "once more, with twice the memory or time; it failed each time"),
        ("plan_mismatch", "not by itself: it would fail again </dd>"),
    ],
)
def test_failed_submission_says_whether_we_tried_again(client, code, policy):
    submission = factories.make_submission(state="failed", failure_code=code)
    assert policy in words(get(client, submission))


def test_failure_of_an_unknown_code_is_still_shown(client):
    submission = factories.make_submission(state="failed", failure_code="from_the_future")
    assert "from_the_future" in words(get(client, submission))


def interrupt(submission, code, **fields):
    """Interrupt a submission's run, whose next attempt is due in ten minutes."""
    factories.make_event(submission, submission.state, note=code)
    run = submission.run
    for name, value in ({"faults": 1, "not_before": factories.ago(-10)} | fields).items():
        setattr(run, name, value)
    run.save()


def test_interrupted_submission_says_why_and_when_it_is_tried_again(client):
    submission = make_running()
    interrupt(submission, "disk_full")
    response = get(client, submission)
    page = words(response)
    assert "disk_full</span> · a fault of this site, not of the model" in page
    assert "Interrupted; tried again in 10 min" in page
    assert "The site&#x27;s disk was full. The next attempt is 2 of 3." in page
    assert "1 of at most 3 times" in page
    assert "interrupted; goes on by itself" in page
    # An event in the same state is no stage of its own.
    assert statuses(response)[4] == ("running", "now")


@pytest.mark.parametrize(
    ("code", "promise"),
    [
        ("out_of_memory", "It gets twice the memory now, if a worker has so much."),
        ("time_limit", "It gets twice the time now."),
        ("stalled", "The site waits twice as long for an answer now."),
    ],
)
def test_run_that_gets_more_to_work_with_says_so(client, code, promise):
    submission = make_running()
    interrupt(submission, code, faults=0, escalations=1)
    page = words(get(client, submission))
    assert promise in page
    assert "it gets another attempt" in page
    assert "The next attempt is" not in page


def test_interruption_without_a_recorded_reason_is_our_fault(client):
    submission = factories.make_submission()
    run = submission.run
    run.faults, run.not_before = 1, timezone.now()
    run.save()
    page = words(get(client, submission))
    assert "Interrupted; tried again as soon as a worker is free" in page
    assert "a fault of this site, not of the model" in page


def test_run_that_goes_on_again_only_lists_what_interrupted_it(client):
    submission = make_running()
    interrupt(submission, "disk_full", not_before=factories.ago(1))
    factories.make_unit(submission.run, state="claimed", answered=1, lease_until=factories.ago(-1))
    page = words(get(client, submission))
    assert "tried again" not in page
    assert '<span class="mono">disk_full</span> <small>Running ·' in page


@pytest.mark.parametrize(
    ("state", "text"),
    [("fetching", "3 of 7 files"), ("planning", "3 of 7 tasks"), ("smoke", "3 of 7 items")],
)
def test_stage_shows_how_far_it_has_come(client, state, text):
    submission = factories.make_submission(state=state)
    factories.make_event(submission, state)
    run = submission.run
    run.step_done, run.step_total = 3, 7
    run.save()
    page = words(get(client, submission))
    assert page.count(text) == 2
    assert '<progress max="7" value="3" aria-labelledby="step">' in page


def test_running_submission_shows_its_pace_and_its_workers(client):
    submission = make_running()
    run = submission.run
    run.answering_since = factories.ago(1)
    run.save()
    held = {"state": "claimed", "lease_until": factories.ago(-1)}
    factories.make_unit(run, "task_a", answered=90, **held)
    factories.make_unit(run, "task_b", answered=30, **held)
    factories.make_unit(run, "task_c", state="claimed", lease_until=factories.ago(1))
    page = words(get(client, submission))
    assert "2.0 documents a second · 2 workers" in page
    assert "120 of 300 documents </small>" in page


def make_ended(*minutes):
    for spent in minutes:
        run = factories.make_submission(state="published").run
        run.busy_seconds, run.finished_at = 60 * spent, factories.ago(5)
        run.save()


def test_queued_submission_shows_a_range_of_waiting_time(client):
    factories.make_worker()
    make_ended(2, 2, 15)
    factories.make_submission()
    submission = factories.make_submission()
    page = words(get(client, submission))
    assert "Place 2 in the queue" in page
    assert "Waits between 2 and 8 min" in page
    assert "How long it waits" not in page


def test_waiting_time_that_nobody_can_judge_says_why(client):
    factories.make_worker()
    make_ended(2, 2)
    page = words(get(client, factories.make_submission()))
    assert "be said yet: too few runs have ended here to judge by." in page


def test_submission_says_that_no_worker_is_there(client):
    factories.make_worker(seen_at=factories.ago(6))
    page = words(get(client, factories.make_submission()))
    assert "No worker is there: none was heard of in the last five minutes." in page
    assert "How long it waits" not in page


def test_submission_says_what_no_worker_has(client):
    factories.make_worker(memory=8)
    submission = factories.make_submission()
    needs = Needs(memory=12_300_000_000, tags=("gpu", "extra:math"))
    submission.run.needs = needs.as_json()
    submission.run.save()
    page = words(get(client, submission))
    assert "No worker here has 12.3 GB of memory; the most is 8 GB." in page
    assert "No worker here has a GPU." in page
    assert "No worker here has the extra “math” of lm-eval." in page


@pytest.mark.parametrize(
    ("isolation", "text"),
    [
        ("bubblewrap", "Ran in a sandbox: no network, no secrets, one folder to write in"),
        ("none", "Ran without a sandbox: no wall between it and the host"),
    ],
)
def test_submission_says_what_confined_it(client, isolation, text):
    submission = make_running()
    assert "Isolation" not in words(get(client, submission))
    submission.run.isolation = isolation
    submission.run.save()
    assert text in words(get(client, submission))


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
