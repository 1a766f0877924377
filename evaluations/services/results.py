"""Publishing a run's result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from evaluations.enums import SubmissionState
from evaluations.errors import AssayError
from evaluations.failures import FailureCode
from evaluations.models import LogEntry, Result, Run, Score
from evaluations.provenance.merkle import EMPTY_ROOT
from evaluations.provenance.records import Kind
from evaluations.provenance.statement import Logged, result_record, statement_bytes
from evaluations.queries.log import entry_of, latest, root
from evaluations.scoring.aggregate import Estimate
from evaluations.services import log
from evaluations.services.rescoring import supersede
from evaluations.services.runs import StaleLeaseError, advance
from evaluations.services.sample_tables import TableFacts, record
from evaluations.services.standings import touch


@dataclass(frozen=True, slots=True)
class BundleFacts:
    """A stored bundle: its digests, its size in bytes, and the config inside it."""

    sha256: str
    size: int
    manifest_sha256: str
    config: str


def announce(*, run: Run, token: int, environment: Mapping[str, Any]) -> Run:
    """Fix what a result's statement says of its moment; a later attempt finds the same.

    Everything else in a bundle follows from the answers, so that a worker which dies while it
    publishes leaves a successor that makes the same bytes.

    Args:
        run: in the state publishing, whose intent is logged; gets what stands now.
        token: its lease's token.
        environment: the contents of `run/environment.json`.

    Raises:
        StaleLeaseError: if another worker holds the run; nothing was changed.
    """
    with transaction.atomic():
        held = Run.objects.select_for_update(of=("self",)).filter(pk=run.pk, token=token).first()
        if held is None:
            raise StaleLeaseError
        if not held.announcement:
            prior = latest()
            held.announcement = {
                "evaluated_at": log.now(),
                "environment": dict(environment),
                "prior_size": prior.size if prior else 0,
                "prior_root": prior.root if prior else EMPTY_ROOT.hex(),
            }
            held.save(update_fields=["announcement"])
    run.announcement = held.announcement
    return run


def sign(*, run: Run, token: int, manifest_sha256: str, files: Mapping[str, bytes]) -> LogEntry:
    """Have a result's statement signed and logged; harmless when repeated.

    Args:
        run: announced.
        token: its lease's token.
        manifest_sha256: of the bundle's manifest.
        files: see `statement_bytes`.

    Returns:
        The entry, which the sequencer may not have come by yet.

    Raises:
        AssayError: `engine_bug` if an earlier attempt signed another bundle.
        StaleLeaseError: see `announce`.
    """
    submission, moment = run.submission, run.announcement
    entries = {Kind.INTENT: log.intent(submission), Kind.BENCHMARK: log.benchmark(submission.suite)}
    places = {kind: entry.index for kind, entry in entries.items()}
    newest = root()
    if newest is None or None in places.values():
        raise AssayError(FailureCode.LOG_UNAVAILABLE, "The run's intent is not logged yet.")
    payload = statement_bytes(
        logged=Logged(
            origin=newest.origin,
            benchmark=places[Kind.BENCHMARK] or 0,
            intent=places[Kind.INTENT] or 0,
            prior_size=moment["prior_size"],
            prior_root=bytes.fromhex(moment["prior_root"]),
        ),
        submission=submission.public_id,
        evaluated_at=moment["evaluated_at"],
        manifest_sha256=manifest_sha256,
        files=files,
    )
    record = result_record(
        payload,
        manifest_sha256=manifest_sha256,
        intent=entries[Kind.INTENT].leaf,
        benchmark=entries[Kind.BENCHMARK].leaf,
    )
    with transaction.atomic():
        if not Run.objects.select_for_update(of=("self",)).filter(pk=run.pk, token=token).exists():
            raise StaleLeaseError
        entry = entry_of(submission, Kind.RESULT)
        if entry is None:
            return log.add(record, payload=payload, submission=submission)
    if entry.leaf != record.leaf:
        raise AssayError(
            FailureCode.ENGINE_BUG, "The answers gave another bundle than the one that was signed."
        )
    return entry


def publish(
    *,
    run: Run,
    token: int,
    by: str,
    score: Estimate,
    scores: Sequence[tuple[str, Estimate, int]],
    bundle: BundleFacts,
    tables: Sequence[TableFacts] = (),
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
        tables: likewise, copies of its samples.

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
        record(result=result, tables=tables)
        if submission.rescores is not None:
            _log_supersede(result, submission.rescores.result)
        touch(submission.board_id)
    return result


def _log_supersede(result: Result, old: Result) -> None:
    found = [entry_of(one.submission, Kind.RESULT) for one in (old, result)]
    log.append(
        kind=Kind.SUPERSEDE,
        about={"result": old.public_id, "by": result.public_id},
        refs=[entry.leaf for entry in found if entry],
        submission=result.submission,
    )
