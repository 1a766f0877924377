"""Scoring recorded answers again, by another scorer or another version of the suite.

No model answers anything: a rescoring is a submission whose run begins at its last stage, with the
units, pack and answers of the one that it rescores.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from evaluations import store
from evaluations.enums import OPEN_STATES, STANDING_STATES, SubmissionState, UnitState
from evaluations.errors import AssayError
from evaluations.models import Board, Result, Run, Submission, SubmissionEvent, Suite, Unit
from evaluations.needs import Needs, of_model
from evaluations.services import log
from evaluations.services.bell import ring_on_commit
from evaluations.services.runs import StaleLeaseError, advance
from evaluations.services.submissions import tags_of

_RUN_ANEW = "Submit the model again for a run of its own."


def rescore(*, result: Result, by: str, suite: Suite | None = None) -> tuple[Submission, bool]:
    """Have a result's recorded answers scored again; workers do it as they do any work.

    What comes out the same publishes nothing. By another version of the suite it is always
    published, and the first such result takes its board along to that version.

    Args:
        result: which stands.
        by: the operator's name. The rescoring itself belongs to who submitted the model.
        suite: another version of its suite; None for the one that its board measures by now.

    Returns:
        The rescoring, and whether it is new: one that is under way already is returned as it is.

    Raises:
        AssayError: with the reason why it can't be, see `check`.
    """
    suite = suite or result.board.suite
    check(result=result, suite=suite)
    with transaction.atomic():
        # The lock has two who ask at once come one after the other.
        old = Submission.objects.select_for_update(of=("self",)).get(pk=result.submission_id)
        if earlier := _under_way(result, suite):
            return earlier, False
        _check_stands(old)
        return _create(old, suite, by), True


def check(*, result: Result, suite: Suite) -> None:
    """Say whether a result's answers can be scored by a suite, as far as it is known beforehand.

    Whether lm-eval would ask the same questions, a worker finds out.

    Raises:
        AssayError: if the result doesn't stand, if the suite has other documents, or if the store
            has lost what is needed.
    """
    submission = result.submission
    _check_stands(submission)
    if suite.pk != submission.suite_id:
        _check_suite(submission, suite)
    _check_stored(submission.run, _tasks(submission, suite), result)


def _under_way(result: Result, suite: Suite) -> Submission | None:
    open_one = Submission.objects.filter(
        rescores=result.submission_id, state__in=sorted(OPEN_STATES)
    ).first()
    if open_one is not None and open_one.suite_id != suite.pk:
        raise AssayError(
            "rescoring_open",
            f"The result is being scored again by {open_one.suite} ({open_one.public_id}).",
            "Wait until that has ended, or cancel it.",
        )
    return open_one


def _check_stands(submission: Submission) -> None:
    if submission.state == SubmissionState.PUBLISHED:
        return
    if submission.state == SubmissionState.REMOVED:
        raise AssayError(
            "result_removed",
            "An operator took the result off its board.",
            "Restore it first, if that was wrong: manage.py moderate restore.",
        )
    later = Submission.objects.filter(rescores=submission, result__isnull=False).first()
    if later is not None:
        raise AssayError(
            "result_superseded",
            f"The result is superseded by {later.result.public_id}.",
            "Score that one again instead.",
        )
    raise AssayError(
        "result_withdrawn",
        f"The result is {submission.state}.",
        "What was taken off its board does not come back; the model can be submitted again.",
    )


def _check_suite(submission: Submission, suite: Suite) -> None:
    """Hold another version of the suite against what was asked."""
    if suite.is_draft:
        raise AssayError(
            "suite_draft", f"{suite} is still a draft.", f"Run publish_suite {suite.name} first."
        )
    if suite.name != submission.suite.name:
        raise AssayError(
            "suite_other",
            f"The answers were given to {submission.suite}; {suite} is no version of it.",
            "Open a board over the other suite, and submit the model to it.",
        )
    if submission.chat_template:
        raise AssayError(
            "chat_template_applied",
            "The prompts went through the model's chat template, and without the model nobody can "
            f"tell whether {suite} asks the same.",
            _RUN_ANEW,
        )
    _check_documents(submission.run.plan["tasks"], suite)
    _check_withheld(submission.suite, suite)
    _check_free(submission, suite)


def _check_documents(asked: Mapping[str, Any], suite: Suite) -> None:
    for task, pinned in suite.pins.get("documents", {}).items():
        if task not in asked:
            detail = f"{suite} has the task {task}, which was not answered."
        elif (pinned["count"], pinned["root"]) != (
            asked[task]["documents"],
            asked[task]["documents_root"],
        ):
            detail = f"{suite} has other documents in {task} than were answered."
        else:
            continue
        raise AssayError("documents_differ", detail, _RUN_ANEW)


def _check_withheld(old: Suite, suite: Suite) -> None:
    if opened := _withheld(old) - _withheld(suite):
        raise AssayError(
            "samples_withheld",
            f"{suite} would publish samples that {old} withholds: {', '.join(sorted(opened))}.",
            "Withhold the benchmark in the new version as well.",
        )


def _withheld(suite: Suite) -> set[str]:
    closed = suite.benchmarks.filter(withheld=True)
    return {part["task"] for benchmark in closed for part in benchmark.components}


def _check_free(submission: Submission, suite: Suite) -> None:
    others = Submission.objects.filter(
        revision=submission.revision_id,
        board=submission.board_id,
        suite=suite,
        precision=submission.precision,
        chat_template=submission.chat_template,
        state__in=sorted(STANDING_STATES),
    )
    # Its own rescoring, which is under way, is no other.
    same = others.exclude(pk__in=submission.rescored_by.all()).first()
    if same is not None:
        raise AssayError(
            "duplicate",
            f"The model was submitted for {suite} itself ({same.public_id}).",
            "Its older result stays where it is, and ranks no more.",
        )


def _tasks(submission: Submission, suite: Suite) -> list[str]:
    """Return the tasks that a suite scores, of those that were asked."""
    asked = submission.run.plan.get("tasks", {})
    if suite.pk == submission.suite_id:
        return list(asked)
    return [task for task in suite.pins.get("documents", {}) if task in asked]


def _check_stored(run: Run, tasks: Collection[str], result: Result) -> None:
    for digest in _needed(run, tasks, result):
        if not digest or not store.holds(digest):
            raise AssayError(
                "answers_missing",
                "Recorded answers are missing from the store"
                + (f" (sha256:{digest})." if digest else "."),
                f"Restore the store from a backup. {_RUN_ANEW}",
            )


def _needed(run: Run, tasks: Collection[str], result: Result) -> Iterator[str]:
    yield result.bundle_sha256
    for task in tasks:
        yield run.pack.get(task, "")
    found = run.units.filter(task__in=tasks)
    if set(found.values_list("task", flat=True)) != set(tasks):
        yield ""
    yield from found.values_list("answers_sha256", flat=True)


def _create(old: Submission, suite: Suite, by: str) -> Submission:
    made = Submission.objects.create(
        revision_id=old.revision_id,
        requested_revision=old.requested_revision,
        board_id=old.board_id,
        suite=suite,
        by_id=old.by_id,
        precision=old.precision,
        chat_template=old.chat_template,
        intended_use=old.intended_use,
        rescores=old,
        state=SubmissionState.SCORING,
    )
    _copy_run(old, made, _tasks(old, suite))
    SubmissionEvent.objects.create(
        submission=made,
        state=SubmissionState.SCORING,
        actor=by,
        note=f"the recorded answers of {old.public_id}, by {suite}",
    )
    log.intent(made)
    ring_on_commit()
    return made


def _copy_run(old: Submission, made: Submission, tasks: Collection[str]) -> None:
    """Give a rescoring a run whose units are finished; the bytes stay where they lie.

    The digest of its prompts stays empty, so that no other run takes its plan for one of its own.
    """
    before = old.run
    run = Run.objects.create(
        submission=made,
        plan=before.plan,
        plan_sha256=before.plan_sha256,
        pack={task: before.pack[task] for task in tasks},
        environment=before.environment,
        isolation=before.isolation,
        needs=_needs(made.suite).as_json(),
        fanned_out=True,
        started_at=timezone.now(),
    )
    Unit.objects.bulk_create(
        Unit(
            run=run,
            task=unit.task,
            first=unit.first,
            count=unit.count,
            state=UnitState.FINISHED,
            answered=unit.count,
            answers_sha256=unit.answers_sha256,
            worker=unit.worker,
        )
        for unit in before.units.filter(task__in=tasks)
    )


def _needs(suite: Suite) -> Needs:
    """Return what scoring needs: no model, and any version of the software."""
    return of_model(parameters=0, size=0, tags=tuple(tags_of(suite)))


def replan(
    *,
    run: Run,
    token: int,
    plan: Mapping[str, Any],
    plan_sha256: str,
    environment: Mapping[str, Any],
) -> None:
    """Record what the scorer says of a rescoring's tasks.

    Raises:
        StaleLeaseError: if another worker holds the run now; nothing was changed.
    """
    held = Run.objects.filter(pk=run.pk, token=token)
    if not held.update(plan=plan, plan_sha256=plan_sha256, environment=environment):
        raise StaleLeaseError


def leave_unchanged(*, run: Run, token: int, by: str) -> None:
    """End a rescoring that came to the outcome that stands already.

    Raises:
        StaleLeaseError: see `runs.advance`.
    """
    with transaction.atomic():
        advance(
            run=run,
            by=by,
            to=SubmissionState.UNCHANGED,
            token=token,
            note="nothing changed",
            finished_at=Now(),
        )
        log.ended(run.submission, code=SubmissionState.UNCHANGED, by="site")


def supersede(*, rescoring: Submission, by: str) -> str:
    """Take the result that a rescoring began from off its board; for `results.publish` only.

    A board that measures by that result's version of the suite goes on with the rescoring's.

    Returns:
        A note for the rescoring's own event.

    Raises:
        StaleLeaseError: if the old result doesn't stand any more; nothing was changed.
    """
    old = rescoring.rescores
    assert old is not None  # noqa: S101  told to the type checker
    stood = Submission.objects.filter(pk=old.pk, state=SubmissionState.PUBLISHED)
    if not stood.update(state=SubmissionState.SUPERSEDED):
        raise StaleLeaseError
    SubmissionEvent.objects.create(
        submission=old,
        state=SubmissionState.SUPERSEDED,
        actor=by,
        note=f"scored again in {rescoring.public_id}",
    )
    Board.objects.filter(pk=old.board_id, suite=old.suite_id).update(suite=rescoring.suite_id)
    return f"supersedes {old.result.public_id}"
