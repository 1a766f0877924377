"""Publishing a run's result."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models.functions import Now

from evaluations.enums import SubmissionState
from evaluations.models import Result, Run, Score
from evaluations.scoring.aggregate import Estimate
from evaluations.services.rescoring import supersede
from evaluations.services.runs import advance


@dataclass(frozen=True, slots=True)
class BundleFacts:
    """A stored bundle: its digests, its size in bytes, and the config inside it."""

    sha256: str
    size: int
    manifest_sha256: str
    config: str


def publish(
    *,
    run: Run,
    token: int,
    by: str,
    score: Estimate,
    scores: Sequence[tuple[str, Estimate, int]],
    bundle: BundleFacts,
) -> Result:
    """Publish a run's result, in one transaction with its submission's last state.

    If it scored recorded answers again, the result that stood until now is superseded.

    Args:
        run: in the state publishing.
        token: its lease's token.
        by: the worker's name.
        score: the board's score.
        scores: `(benchmark's name, estimate, n)`.
        bundle: already in the artefact store, so that a published result never lacks it.

    Raises:
        StaleLeaseError: if another worker was faster; nothing was changed.
    """
    submission = run.submission
    benchmarks = {benchmark.name: benchmark for benchmark in submission.suite.benchmarks.all()}
    with transaction.atomic():
        note = supersede(rescoring=submission, by=by) if submission.rescores_id else ""
        advance(
            run=run,
            by=by,
            to=SubmissionState.PUBLISHED,
            token=token,
            note=note,
            finished_at=Now(),
        )
        result = Result.objects.create(
            submission=submission,
            revision=submission.revision,
            board=submission.board,
            value=score.value,
            stderr=score.stderr,
            config=bundle.config,
            plan=run.plan,
            plan_sha256=run.plan_sha256,
            environment=run.environment,
            manifest_sha256=bundle.manifest_sha256,
            bundle_sha256=bundle.sha256,
            bundle_size=bundle.size,
        )
        Score.objects.bulk_create(
            Score(result=result, benchmark=benchmarks[name], value=e.value, stderr=e.stderr, n=n)
            for name, e, n in scores
        )
    return result
