"""Publishing suites with the installed lm-eval and a hub of the tests' own."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from evaluations.models import Run, Submission, Suite
from evaluations.services.models import register_local
from evaluations.services.submissions import submit
from evaluations.services.suites import load_suite, open_board
from tests.factories import make_user
from tests.material import GEN, MC, make_model, make_suite
from tests.surveys import counted
from workers.isolation import NONE, isolation
from workers.worker import Worker

pytestmark = [pytest.mark.engine, pytest.mark.django_db]


def loaded(tmp_path: Path) -> Suite:
    suite, _ = load_suite(path=make_suite(tmp_path))
    return suite


def test_suite_with_data_of_its_own_is_pinned_by_what_lm_eval_reads(tmp_path: Path) -> None:
    suite = loaded(tmp_path)
    call_command("publish_suite", suite.name)
    suite.refresh_from_db()
    assert not suite.is_draft
    assert suite.pins == {
        "lm_eval": "0.4.13",
        "datasets": [],
        "documents": {
            task: {"count": count, "root": root}
            for task, (count, root) in counted(suite).documents.items()
        },
    }


def test_suite_without_its_data_stays_a_draft(tmp_path: Path) -> None:
    path = make_suite(tmp_path)
    (tmp_path / "tasks" / MC / "data" / "test.jsonl").unlink()
    suite, _ = load_suite(path=path)
    with pytest.raises(CommandError, match="dataset_unavailable"):
        call_command("publish_suite", suite.name)
    suite.refresh_from_db()
    assert suite.is_draft


def test_task_that_lm_eval_does_not_know_is_named(tmp_path: Path) -> None:
    path = make_suite(tmp_path)
    spec = json.loads(path.read_text())
    spec["benchmarks"][0]["task"] = "no_such_task"
    path.write_text(json.dumps(spec))
    suite, _ = load_suite(path=path)
    with pytest.raises(CommandError, match="no task, group or tag 'no_such_task'"):
        call_command("publish_suite", suite.name)


def test_unknown_suite_lists_the_known_ones(tmp_path: Path) -> None:
    loaded(tmp_path)
    with pytest.raises(CommandError, match="loaded are: made-up v1"):
        call_command("publish_suite", "other")


def test_extra_that_is_missing_is_named(tmp_path: Path) -> None:
    path = make_suite(tmp_path)
    task = tmp_path / "tasks" / MC / f"{MC}.yaml"
    task.write_text(task.read_text().replace('"{{gold}}"', "!function extra.answer"))
    (task.parent / "extra.py").write_text("import package_of_an_extra\n")
    suite, _ = load_suite(path=path)
    with pytest.raises(CommandError, match=r"extra_missing.*package_of_an_extra"):
        call_command("publish_suite", suite.name)


def test_own_data_that_may_not_be_passed_on_are_refused(tmp_path: Path) -> None:
    path = make_suite(tmp_path)
    spec = json.loads(path.read_text())
    spec["benchmarks"][1]["licence"] = "unknown"
    path.write_text(json.dumps(spec))
    suite, _ = load_suite(path=path)
    with pytest.raises(CommandError, match=r"copying may not publish them \(licence unknown\)"):
        call_command("publish_suite", suite.name)


def test_code_that_a_model_wrote_is_run_only_where_the_operator_allows_it(
    tmp_path: Path, settings: Settings
) -> None:
    path = make_suite(tmp_path)
    for name in (MC, GEN):
        task = tmp_path / "tasks" / name / f"{name}.yaml"
        task.write_text(json.dumps(json.loads(task.read_text()) | {"unsafe_code": name == GEN}))
    suite, _ = load_suite(path=path)
    with pytest.raises(CommandError) as refused:
        call_command("publish_suite", suite.name)
    assert str(refused.value) == (
        f"unsafe_code_not_allowed: {GEN} would run code that a model wrote. Leave them out, or "
        "set ASSAY_UNSAFE_CODE=1 here and at workers with a sandbox."
    )
    settings.ASSAY_UNSAFE_CODE = True
    call_command("publish_suite", suite.name)
    suite.refresh_from_db()
    assert suite.pins["unsafe_code"] == [GEN]

    register_local(name="random", folder=make_model(tmp_path / "model"))
    open_board(slug="code", suite=suite)
    submission, _ = submit(by=make_user(), model="local:random", board="code")
    settings.ASSAY_UNSAFE_CODE = False
    worker = Worker(serves=True)
    worker.work(seconds=60)
    assert Submission.objects.get().state == "queued"
    # The runner refuses by itself too.
    needs = Run.objects.get().needs
    Run.objects.update(needs={})
    worker.work(seconds=60)
    submission.refresh_from_db()
    assert submission.failure_code == "unsafe_code_not_allowed"
    settings.ASSAY_UNSAFE_CODE = True
    again, _ = submit(by=make_user(), model="local:random", board="code")
    assert Run.objects.get(submission=again).needs == needs
    worker.work(seconds=120)
    worker.close()
    again.refresh_from_db()
    if isolation() == NONE:
        assert again.state == "queued"
    else:
        assert (again.state, again.failure_detail) == ("published", "")
        assert "confirm_run_unsafe_code: true" in again.result.config
