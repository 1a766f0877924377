"""A worker against a real database, a real store and real runner processes."""

import errno
import io
import json
import os
import signal
import tarfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings

from evaluations import store
from evaluations.enums import SubmissionState, UnitState
from evaluations.models import LogEntry, Result, Run, Submission, SubmissionEvent, Unit
from evaluations.provenance.verify import verify_bundle
from evaluations.queries.standings import standings
from evaluations.services import runs, sample_tables
from evaluations.services.models import register_local
from evaluations.services.submissions import submit
from evaluations.services.suites import load_suite, open_board, publish
from tests.material import DOCUMENTS, GEN, MC, make_model, make_suite
from tests.surveys import counted
from workers.slot import unit_file
from workers.worker import Worker
from workers.workplace import Workplace

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("material")
    make_suite(root)
    make_model(root / "model")
    return root


@pytest.fixture
def queued(folders: Path) -> Submission:
    suite, _ = load_suite(path=folders / "suite.yaml")
    publish(suite=suite, survey=counted(suite))
    open_board(slug="made-up", suite=suite)
    register_local(name="random", folder=folders / "model")
    return submitted("local:random")


def submitted(model: str) -> Submission:
    user, _ = User.objects.get_or_create(username="ana")
    submission, _ = submit(by=user, model=model, board="made-up")
    return submission


def test_worker_publishes_what_was_submitted(queued: Submission, tmp_path: Path) -> None:
    worker = Worker()
    assert worker.work(seconds=300) is False
    queued.refresh_from_db()
    assert (queued.state, queued.failure_detail) == (SubmissionState.PUBLISHED, "")
    result = Result.objects.get(submission=queued)
    assert [(score.benchmark.name, score.n) for score in result.scores.all()] == [
        ("letters", DOCUMENTS),
        ("copying", DOCUMENTS),
    ]
    [row] = standings(queued.board).rows
    assert (row.rank, row.estimate.value) == (1, result.value)
    with tarfile.open(fileobj=io.BytesIO(store.get_bytes(result.bundle_sha256))) as archive:
        names = archive.getnames()
        member = archive.extractfile("run/plan.json")
        assert member is not None
        plan = json.load(member)
    assert names[:2] == ["attestation.dsse.json", "exports/eval_results.yaml"]
    assert "results/samples/made_up_copy.jsonl.zst" in names
    verdict = verify_bundle(save(result, tmp_path / "bundle.tar"))
    assert {c.number: c.outcome for c in verdict.checks if c.outcome != "PASS"} == {
        8: "NOT-APPLICABLE",
        12: "NOT-APPLICABLE",
    }
    assert plan == result.plan
    tables = list(result.sample_tables.values_list("task", "rows", "sha256"))
    assert [table[:2] for table in tables] == [(MC, DOCUMENTS), (GEN, 2 * DOCUMENTS)]
    again = sample_tables.derive(result=result, again=True)
    assert [(table.task, table.rows, table.sha256) for table in again] == tables
    assert [event.state for event in SubmissionEvent.objects.filter(submission=queued)] == [
        "queued", "fetching", "planning", "smoke", "running", "scoring", "publishing", "published",
    ]  # fmt: skip


def save(result: Result, path: Path) -> Path:
    path.write_bytes(store.get_bytes(result.bundle_sha256))
    return path


def test_worker_that_dies_while_it_publishes_has_a_successor_that_makes_the_same_bytes(
    queued: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The statement was signed and logged, and the bundle was nowhere yet."""
    put, tars = store.put_file, []

    def dies(path: Path) -> str:
        if path.name == "bundle.tar":
            tars.append(path.read_bytes())
            if len(tars) == 1:
                raise OSError("the store is away")
        return put(path)

    monkeypatch.setattr(store, "put_file", dies)
    Worker().work(seconds=300)
    queued.refresh_from_db()
    assert queued.state == SubmissionState.PUBLISHING
    Run.objects.update(not_before=None)
    Worker().work(seconds=300)
    queued.refresh_from_db()
    assert (queued.state, queued.failure_detail) == (SubmissionState.PUBLISHED, "")
    assert tars[0] == tars[1]
    assert LogEntry.objects.filter(kind="result").count() == 1


def test_unit_of_a_killed_runner_is_done_again_once(queued: Submission) -> None:
    worker = Worker()
    kill_runner_when(worker, SubmissionState.RUNNING)
    Run.objects.update(not_before=None)
    worker.work(seconds=300)
    queued.refresh_from_db()
    assert queued.state == SubmissionState.PUBLISHED
    assert Unit.objects.filter(state=UnitState.FINISHED).count() == Unit.objects.count()
    assert Unit.objects.filter(token=2).count() == 1


def test_run_whose_runner_dies_at_every_attempt_fails_as_the_platforms_fault(
    queued: Submission,
) -> None:
    for _ in range(3):
        worker = Worker()
        kill_runner_when(worker, SubmissionState.PLANNING)
        Run.objects.update(not_before=None)
    queued.refresh_from_db()
    assert (queued.state, queued.failure_code) == (SubmissionState.FAILED, "worker_lost")
    assert "SIGKILL" in queued.failure_detail
    assert "isolation: " in Run.objects.get().log_tail


def test_worker_that_lost_its_lease_changes_nothing(queued: Submission) -> None:
    slow, fast = Worker(), Worker()
    step_until(slow, lambda: claimed_unit() is not None)
    lost = claimed_unit()
    assert lost is not None
    Unit.objects.filter(pk=lost.pk).update(
        token=F("token") + 1, state=UnitState.QUEUED, lease_until=None
    )
    step_until(slow, lambda: slow._assignment is None or slow._assignment.row.pk != lost.pk)
    assert Unit.objects.get(pk=lost.pk).answers_sha256 == ""
    slow.close()
    fast.work(seconds=300)
    queued.refresh_from_db()
    assert queued.state == SubmissionState.PUBLISHED


def test_spare_takes_over_inside_a_unit_and_the_next_one_takes_the_next_run(
    queued: Submission, folders: Path, settings: Settings
) -> None:
    settings.ASSAY_RECORD_SECONDS = 0
    lost, worker = Worker(), Worker(serves=True)
    worker.warm_up()
    first = spare_of(worker)
    step_until(lost, Unit.objects.filter(recorded__gt=0).exists)
    disturbed = Unit.objects.get(recorded__gt=0)
    assert disturbed.recorded < disturbed.count
    Unit.objects.filter(pk=disturbed.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    worker.work(seconds=300)
    lost.close()
    queued.refresh_from_db()
    assert queued.state == SubmissionState.PUBLISHED
    assert f"{disturbed} goes on after {disturbed.recorded} documents" in queued.run.log_tail

    # The same files again, undisturbed: the same answers, byte for byte, to the same prompts.
    second = spare_of(worker)
    register_local(name="twin", folder=folders / "model")
    twin = submitted("local:twin")
    worker.work(seconds=300)
    twin.refresh_from_db()
    assert f"prompts as planned for {queued.public_id}" in twin.run.log_tail
    assert recorded(twin) == recorded(queued)

    # Each spare served one run. One that dies is replaced.
    third = spare_of(worker)
    assert len({first, second, third}) == 3
    assert [is_running(pid) for pid in (first, second, third)] == [False, False, True]
    os.kill(third, signal.SIGKILL)
    step_until(worker, lambda: spare_of(worker) != third)
    assert is_running(spare_of(worker))
    worker.close()
    assert not is_running(third)


def spare_of(worker: Worker) -> int:
    assert worker._spare is not None
    return worker._spare._runner.pid


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def recorded(submission: Submission) -> list[tuple[str, int, str]]:
    units = Unit.objects.filter(run__submission=submission).order_by("pk")
    return list(units.values_list("task", "first", "answers_sha256"))


def test_cancelled_submission_stops_its_worker(queued: Submission, settings: Settings) -> None:
    settings.ASSAY_HEARTBEAT_SECONDS = 0
    worker = Worker()
    step_until(worker, lambda: claimed_unit() is not None)
    assert runs.cancel(submission=queued, by="ana")
    assert worker.work(seconds=60) is False
    queued.refresh_from_db()
    assert queued.state == SubmissionState.CANCELLED
    assert not Result.objects.exists()


def test_full_disk_is_tried_again_and_loses_nothing(queued: Submission) -> None:
    worker = Worker()
    step_until(worker, Unit.objects.exists)
    unit = Unit.objects.order_by("pk")[0]
    # A device that is always full stands where the unit's answers go.
    answers = place_of(worker).slot.root / "out" / "answers"
    answers.mkdir()
    (answers / unit_file(unit)).symlink_to("/dev/full")
    worker.work(seconds=60)
    unit.refresh_from_db()
    assert (unit.faults, unit.run.submission.state) == (1, SubmissionState.RUNNING)
    Run.objects.update(not_before=None)
    worker.work(seconds=300)
    queued.refresh_from_db()
    assert queued.state == SubmissionState.PUBLISHED


def test_trouble_of_the_workers_own_host_is_tried_again(
    queued: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Worker()

    def no_descriptors(_path: Path) -> str:
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as broken:
        broken.setattr(store, "put_file", no_descriptors)
        worker.work(seconds=120)
    queued.refresh_from_db()
    assert queued.state == SubmissionState.PLANNING
    assert Run.objects.get(submission=queued).faults == 1
    Run.objects.update(not_before=None)
    worker.work(seconds=300)
    queued.refresh_from_db()
    assert queued.state == SubmissionState.PUBLISHED


def test_corrupt_artefact_is_noticed_and_named(
    queued: Submission, settings: Settings, tmp_path: Path
) -> None:
    runs.cancel(submission=queued, by="ana")
    # Weights of its own: another test's good copy may lie among this machine's models.
    revision, _ = register_local(name="rotten", folder=make_model(tmp_path / "model", seed=2))
    submission = submitted("local:rotten")
    weights = next(f for f in revision.files if f["path"] == "model.safetensors")
    folder = Path(settings.ASSAY_STORE_URL.removeprefix("file://"))
    [stored] = folder.rglob(weights["sha256"])
    stored.write_bytes(stored.read_bytes()[:-1] + b"x")
    Worker().work(seconds=60)
    submission.refresh_from_db()
    assert (submission.state, submission.failure_code) == ("failed", "artefact_missing")
    assert "corrupt" in submission.failure_detail


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        ("weights", "nan_logits"),
        ("tensor", "weights_incomplete"),
        ("tokenizer", "tokenizer_error"),
        ("architecture", "unsupported_architecture"),
    ],
)
def test_broken_model_fails_with_its_reason(
    queued: Submission, tmp_path: Path, spoil: str, code: str
) -> None:
    runs.cancel(submission=queued, by="ana")
    folder = make_model(tmp_path / "broken", seed=1)
    if spoil == "weights":
        spoil_weights(folder / "model.safetensors")
    elif spoil == "tensor":
        drop_tensor(folder / "model.safetensors")
    elif spoil == "tokenizer":
        (folder / "tokenizer.json").write_text("{}")
    else:
        config = json.loads((folder / "config.json").read_text()) | {"model_type": "never-heard-of"}
        (folder / "config.json").write_text(json.dumps(config))
    register_local(name="broken", folder=folder)
    submission = submitted("local:broken")
    Worker().work(seconds=120)
    submission.refresh_from_db()
    assert (submission.state, submission.failure_code) == (SubmissionState.FAILED, code)
    assert submission.failure_detail


def drop_tensor(path: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(path)
    del weights["model.layers.1.mlp.down_proj.weight"]
    save_file(weights, path, metadata={"format": "pt"})


def spoil_weights(path: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    weights = load_file(path)
    weights["model.layers.1.mlp.down_proj.weight"][0, 0] = torch.nan
    save_file(weights, path, metadata={"format": "pt"})


def step_until(worker: Worker, reached: Callable[[], bool]) -> None:
    for _ in range(20_000):
        if reached():
            return
        worker.work(seconds=0)
    raise AssertionError("never reached")


def place_of(worker: Worker) -> Workplace:
    assert worker._place is not None
    return worker._place


def claimed_unit() -> Unit | None:
    return Unit.objects.filter(state=UnitState.CLAIMED).first()


def kill_runner_when(worker: Worker, state: SubmissionState) -> None:
    """Let the worker go on until its runner works in this state, then kill the runner."""

    def at_work() -> bool:
        place = worker._place
        return (
            Submission.objects.filter(state=state).exists()
            and place is not None
            and place._runner is not None
            and (state != SubmissionState.RUNNING or claimed_unit() is not None)
        )

    step_until(worker, at_work)
    runner = place_of(worker)._runner
    assert runner is not None
    os.kill(runner.pid, signal.SIGKILL)
    step_until(worker, lambda: worker._assignment is None)
