"""Runs for a measurement of the queue, made in bulk: finished ones, and one to work on."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import User
from django.utils import timezone

from evaluations.enums import SubmissionState, UnitState
from evaluations.models import Board, LanguageModel, Revision, Run, Submission, Suite, Unit
from evaluations.services.bell import ring

TASK = "bench"
_UNITS_EACH, _DOCUMENTS = 16, 64
_DIGEST = "0" * 64


def finished(runs: int, *, people: int = 20) -> None:
    """Record so many published runs of so many people over the last hours, with 16 units each."""
    now = timezone.now()
    submissions = _submissions(
        runs, by=_people(people), state=SubmissionState.PUBLISHED, name="finished", finished_at=now
    )
    Unit.objects.bulk_create(
        [
            Unit(
                run=run, task=TASK, first=_DOCUMENTS * n, count=_DOCUMENTS,
                state=UnitState.FINISHED, answered=_DOCUMENTS, answers_sha256=_DIGEST,
            )
            for run in submissions
            for n in range(_UNITS_EACH)
        ],
        batch_size=2000,
    )  # fmt: skip


@contextmanager
def waiting(runs: int, *, people: int = 20) -> Iterator[None]:
    """Have so many submissions of the same people wait, and take them back afterwards."""
    made = _submissions(runs, by=_people(people), state=SubmissionState.QUEUED, name="waiting")
    yield
    ids = [run.submission_id for run in made]
    Submission.objects.filter(pk__in=ids).update(state=SubmissionState.CANCELLED)


def _people(count: int) -> list[User]:
    return [User.objects.get_or_create(username=f"person-{n}")[0] for n in range(count)]


def ready(units: int) -> Submission:
    """Record a run whose units are all open to claims, and ring."""
    name = f"ready-{Suite.objects.count()}"
    by = [User.objects.get_or_create(username="ana")[0]]
    [run] = _submissions(1, by=by, state=SubmissionState.RUNNING, name=name, fanned_out=True)
    Unit.objects.bulk_create(
        [Unit(run=run, task=TASK, first=_DOCUMENTS * n, count=_DOCUMENTS) for n in range(units)],
        batch_size=2000,
    )
    ring()
    return run.submission


def _submissions(
    count: int, *, by: list[User], state: SubmissionState, name: str, **of_run: object
) -> list[Run]:
    now = timezone.now()
    suite = Suite.objects.create(name=name, version=1, title=name, published_at=now)
    board = Board.objects.create(slug=name, suite=suite, title=name)
    models = LanguageModel.objects.bulk_create(
        LanguageModel(source="local", name=f"{name}-{n}") for n in range(count)
    )
    revisions = Revision.objects.bulk_create(
        Revision(model=model, commit=f"{n:064x}", files=[], parameters=1)
        for n, model in enumerate(models)
    )
    submissions = Submission.objects.bulk_create(
        Submission(
            board=board,
            suite=suite,
            revision=revision,
            by=by[n % len(by)],
            state=state,
            precision="float32",
        )
        for n, revision in enumerate(revisions)
    )
    return Run.objects.bulk_create(
        Run(
            submission=submission,
            plan={"tasks": {TASK: {"repeats": 1}}},
            started_at=now,
            answering_since=now,
            busy_seconds=60.0,
            **of_run,
        )
        for submission in submissions
    )
