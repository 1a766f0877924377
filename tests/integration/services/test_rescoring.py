"""Scoring recorded answers again: what is copied, what is refused, and who takes whose place."""

from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from evaluations import store
from evaluations.enums import SubmissionState
from evaluations.errors import AssayError
from evaluations.models import Board, Result, Run, Submission, SubmissionEvent, Suite, Unit
from evaluations.needs import Needs, Offers
from evaluations.queries.standings import standings
from evaluations.queries.submissions import may_end
from evaluations.scoring.aggregate import Estimate
from evaluations.services import results, runs
from evaluations.services.rescoring import leave_unchanged, rescore
from evaluations.services.runs import StaleLeaseError
from evaluations.services.submissions import submit
from evaluations.services.withdrawal import withdraw
from tests import factories
from tests.history import rewriting
from workers import claims

pytestmark = pytest.mark.django_db
#: No engine, no network: what a worker of another version has.
PLAIN = Offers(memory=2 * 10**9, disk=0)


@pytest.fixture
def result() -> Result:
    made = factories.make_result(board=factories.make_board("b"))
    factories.make_answers(made)
    return made


@pytest.fixture
def later(result: Result) -> Suite:
    return factories.make_version(result.board.suite)


def refused(result: Result, suite: Suite | None = None) -> AssayError:
    with pytest.raises(AssayError) as error:
        rescore(result=result, by="operator", suite=suite)
    assert error.value.detail
    assert error.value.hint
    assert not Submission.objects.exclude(rescores=None).exists()
    return error.value


def published(rescoring: Submission, value: float = 0.7) -> Result:
    """Publish a rescoring as a worker would."""
    run = claims.claim_of("worker", rescoring.run.pk)
    assert isinstance(run, Run)
    runs.advance(run=run, by="worker", to=SubmissionState.PUBLISHING, token=run.token)
    made = results.publish(
        run=run,
        token=run.token,
        by="worker",
        score=Estimate(value, 0.01),
        scores=[(b.name, Estimate(value, 0.02), 240) for b in rescoring.suite.benchmarks.all()],
        bundle=results.BundleFacts(
            store.put_bytes(b"new"), 3, factories.digest("new"), "model: hf"
        ),
    )
    return Result.objects.get(pk=made.pk)


def last(submission: Submission) -> SubmissionEvent:
    return submission.events.order_by("-pk")[0]


def state(submission: Submission) -> str:
    return Submission.objects.get(pk=submission.pk).state


def test_rescoring_begins_with_the_answers_of_the_old_run(result: Result) -> None:
    made, new = rescore(result=result, by="operator")
    old, run = result.submission, made.run
    assert (new, made.state, made.rescores, made.by) == (True, "scoring", old, old.by)
    assert (made.revision, made.board, made.suite) == (old.revision, old.board, old.suite)
    assert (run.plan, run.pack, run.environment) == (old.run.plan, old.run.pack, result.environment)
    fields = ("task", "first", "count", "state", "answered", "answers_sha256", "worker")
    assert list(run.units.values(*fields)) == list(old.run.units.values(*fields))
    assert run.units.count() == 4
    [event] = made.events.all()
    assert (event.actor, event.state) == ("operator", "scoring")
    assert old.public_id in event.note


def test_worker_without_model_network_or_engine_may_score(result: Result) -> None:
    made, _ = rescore(result=result, by="operator")
    assert Needs.read(made.run.needs).tags == ()
    assert claims.claim("worker", PLAIN) == made.run


def test_no_other_run_takes_the_plan_of_a_rescoring(result: Result) -> None:
    made, _ = rescore(result=result, by="operator")
    assert made.run.prompts_sha256 == ""


def test_asking_twice_makes_one(result: Result, later: Suite) -> None:
    first, _ = rescore(result=result, by="operator")
    assert rescore(result=result, by="operator") == (first, False)
    with pytest.raises(AssayError, match="being scored again by"):
        rescore(result=result, by="operator", suite=later)
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.make_submission(
            board=result.board, revision=result.revision, rescores=result.submission
        )


def test_unchanged_outcome_leaves_everything_as_it_is(result: Result) -> None:
    made, _ = rescore(result=result, by="operator")
    run = claims.claim_of("worker", made.run.pk)
    assert isinstance(run, Run)
    runs.advance(run=run, by="worker", to=SubmissionState.PUBLISHING, token=run.token)
    leave_unchanged(run=run, token=run.token, by="worker")
    assert (state(made), state(result.submission)) == ("unchanged", "published")
    assert last(made).note == "nothing changed"
    assert Run.objects.get(submission=made).finished_at is not None
    again, new = rescore(result=result, by="operator")
    assert (new, again.state) == (True, "scoring")


def test_published_rescoring_takes_the_old_results_place(result: Result) -> None:
    made, _ = rescore(result=result, by="operator")
    new = published(made)
    assert (state(made), state(result.submission)) == ("published", "superseded")
    assert [row.result for row in standings(result.board).rows] == [new.public_id]
    last_one = last(result.submission)
    assert (last_one.state, last_one.actor) == ("superseded", "worker")
    assert made.public_id in last_one.note
    assert last(made).note == f"supersedes {result.public_id}"
    with pytest.raises(IntegrityError, match="can not be changed"), transaction.atomic():
        Result.objects.filter(pk=result.pk).update(value=new.value)


def test_new_version_takes_its_board_along_with_the_first_result(
    result: Result, later: Suite
) -> None:
    other = factories.make_result(board=result.board, value=0.9)
    factories.make_answers(other)
    first, _ = rescore(result=result, by="operator", suite=later)
    second, _ = rescore(result=other, by="operator", suite=later)
    assert Board.objects.get().suite == result.submission.suite
    new = published(first)
    board = Board.objects.get()
    assert board.suite == later
    # What is measured by the old version ranks beside nothing new.
    assert [row.result for row in standings(board).rows] == [new.public_id]
    assert state(other.submission) == "published"
    better = published(second, 0.8)
    assert [row.result for row in standings(board).rows] == [better.public_id, new.public_id]


def test_late_rescoring_does_not_take_a_board_back(result: Result, later: Suite) -> None:
    made, _ = rescore(result=result, by="operator", suite=later)
    latest = factories.make_version(later)
    Board.objects.update(suite=latest)
    published(made)
    assert Board.objects.get().suite == latest


def test_tasks_that_the_new_version_lacks_are_left_out(result: Result) -> None:
    suite = factories.make_version(result.board.suite, benchmarks=("sums",))
    made, _ = rescore(result=result, by="operator", suite=suite)
    assert list(made.run.pack) == ["assay_sums"]
    assert set(made.run.units.values_list("task", flat=True)) == {"assay_sums"}


def test_rescored_result_can_be_scored_again(result: Result) -> None:
    new = published(rescore(result=result, by="operator")[0])
    third, _ = rescore(result=new, by="operator")
    assert third.rescores == new.submission
    assert third.run.units.count() == 4


def test_superseded_and_withdrawn_results_are_refused(result: Result) -> None:
    new = published(rescore(result=result, by="operator")[0])
    result.submission.refresh_from_db()
    with pytest.raises(AssayError, match=new.public_id) as error:
        rescore(result=result, by="operator")
    assert error.value.code == "result_superseded"
    withdraw(submission=new.submission, by="ana")
    new.submission.refresh_from_db()
    with pytest.raises(AssayError, match="is withdrawn") as error:
        rescore(result=new, by="operator")
    assert error.value.code == "result_withdrawn"


def test_withdrawing_a_result_stops_its_rescoring(result: Result) -> None:
    made, _ = rescore(result=result, by="operator")
    run = claims.claim_of("worker", made.run.pk)
    assert isinstance(run, Run)
    runs.advance(run=run, by="worker", to=SubmissionState.PUBLISHING, token=run.token)
    withdraw(submission=result.submission, by="ana")
    assert state(made) == "withdrawn"
    with pytest.raises(StaleLeaseError):
        leave_unchanged(run=run, token=run.token, by="worker")
    assert not standings(result.board).all_rows


def test_result_that_stands_no_more_is_not_superseded(result: Result) -> None:
    made, _ = rescore(result=result, by="operator")
    Submission.objects.filter(pk=result.submission_id).update(state="withdrawn")
    with pytest.raises(StaleLeaseError), transaction.atomic():
        published(made)
    assert Result.objects.get() == result


@pytest.mark.parametrize("lost", ["answers", "pack", "bundle", "units"])
def test_answers_that_the_store_has_lost_are_refused(
    result: Result, settings: Settings, lost: str
) -> None:
    run = Run.objects.get()
    if lost == "units":
        Unit.objects.filter(task="assay_sums").delete()
    else:
        digests = {
            "answers": run.units.all()[0].answers_sha256,
            "pack": run.pack["assay_sums"],
            "bundle": result.bundle_sha256,
        }
        settings.ASSAY_STORE_URL = copied_without(settings.ASSAY_STORE_URL, digests[lost])
    assert refused(result).code == "answers_missing"


def copied_without(url: str, digest: str) -> str:
    [stored] = Path(url.removeprefix("file://")).rglob(digest)
    stored.unlink()
    return url


def pinned(suite: Suite, task: str, **pins: Any) -> Suite:
    documents = suite.pins["documents"]
    with rewriting():
        suite.pins = {"documents": documents | {task: documents["assay_sums"] | pins}}
        suite.save()
    return suite


@pytest.mark.parametrize(
    ("task", "pins"),
    [("assay_sums", {"root": "00" * 32}), ("assay_sums", {"count": 239}), ("assay_new", {})],
)
def test_version_with_other_documents_is_refused(
    result: Result, later: Suite, task: str, pins: dict[str, Any]
) -> None:
    error = refused(result, pinned(later, task, **pins))
    assert error.code == "documents_differ"
    assert task in error.detail


def test_draft_and_other_suite_are_refused(result: Result) -> None:
    draft = factories.make_suite(name=result.board.suite.name, version=2, draft=True)
    assert refused(result, draft).code == "suite_draft"
    assert refused(result, factories.make_suite()).code == "suite_other"


def test_prompts_of_a_chat_template_are_scored_by_their_own_version_only() -> None:
    result = factories.make_result(chat_template=True)
    factories.make_answers(result)
    later = factories.make_version(result.board.suite)
    assert refused(result, later).code == "chat_template_applied"
    assert rescore(result=result, by="operator")[1]


def test_samples_that_were_withheld_stay_so() -> None:
    suite = factories.make_suite()
    factories.make_benchmark(suite, "patterns", withheld=True)
    result = factories.make_result(board=factories.make_board(suite=suite, benchmarks=("sums",)))
    factories.make_answers(result)
    later = factories.make_version(suite)
    error = refused(result, later)
    assert error.code == "samples_withheld"
    assert "assay_patterns" in error.detail
    assert "assay_sums" not in error.detail


def test_board_that_moved_on_takes_the_same_model_again(result: Result, later: Suite) -> None:
    Board.objects.update(suite=later)
    model = f"{result.revision.model}@{result.revision.commit}"
    made, new = submit(by=factories.make_user(), model=model, board="b")
    assert (new, made.suite) == (True, later)
    assert refused(result, later).code == "duplicate"


def test_rescoring_counts_for_nobodys_limit(result: Result, settings: Settings) -> None:
    settings.ASSAY_OPEN_SUBMISSIONS = 1
    rescore(result=result, by="operator")
    other = factories.make_revision()
    assert submit(by=result.submission.by, model=str(other.model), board="b")[1]


def test_open_rescoring_is_ended_by_staff_only(result: Result) -> None:
    made, _ = rescore(result=result, by="operator")
    owner, staff = made.by, factories.make_user(is_staff=True)
    assert (may_end(made, owner), may_end(made, staff)) == (False, True)
    made.state = SubmissionState.PUBLISHED
    assert may_end(made, owner)
    assert not may_end(made, factories.make_user())
