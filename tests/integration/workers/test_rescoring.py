"""Recorded answers scored again by real runners, with the model gone for good."""

import io
import json
import re
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from evaluations import store
from evaluations.enums import SubmissionState
from evaluations.models import Result, Submission, Suite, Unit
from evaluations.provenance.checks.outcome import Outcome
from evaluations.provenance.verify import verify_bundle
from evaluations.queries.standings import standings
from evaluations.services.models import register_local
from evaluations.services.rescoring import rescore
from evaluations.services.submissions import submit
from evaluations.services.suites import load_suite, open_board, publish
from tests import factories
from tests.material import GEN, MC, make_model, make_suite
from tests.surveys import counted
from workers import model_cache, rescoring
from workers.worker import Worker

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def result(tmp_path: Path, settings: Settings) -> Result:
    """A published result whose model has gone from the store and from every cache."""
    first = loaded(make_suite(tmp_path / "first"))
    open_board(slug="made-up", suite=first)
    revision, _ = register_local(name="gone", folder=make_model(tmp_path / "model", seed=5))
    user = User.objects.create(username="ana")
    submission, _ = submit(by=user, model="local:gone", board="made-up")
    Worker().work(seconds=300)
    submission.refresh_from_db()
    assert (submission.state, submission.failure_detail) == (SubmissionState.PUBLISHED, "")
    folder = Path(settings.ASSAY_STORE_URL.removeprefix("file://"))
    for file in revision.files:
        [stored] = folder.rglob(file["sha256"])
        stored.unlink()
    shutil.rmtree(model_cache.folder(revision.commit))
    return Result.objects.get()


def loaded(path: Path) -> Suite:
    suite, _ = load_suite(path=path)
    publish(suite=suite, survey=counted(suite))
    return suite


def second_version(
    folder: Path, benchmarks: list[dict[str, Any]], copying: dict[str, Any]
) -> Suite:
    """Publish version 2 of the suite: other fields of its benchmarks and of its generative task."""
    path = make_suite(folder)
    spec = json.loads(path.read_text()) | {"version": 2}
    for benchmark, changed in zip(spec["benchmarks"], benchmarks, strict=True):
        benchmark.update(changed)
    path.write_text(json.dumps(spec))
    task = folder / "tasks" / GEN / f"{GEN}.yaml"
    task.write_text(json.dumps(json.loads(task.read_text()) | copying))
    return loaded(path)


def other_scores(folder: Path) -> Suite:
    """Publish a version with another metric, and with another filter that looks for `a` alone."""
    first_letter = [{"function": "regex", "regex_pattern": r"(\w)"}, {"function": "take_first"}]
    return second_version(
        folder,
        [{"metric": "acc_norm"}, {"filter": "letter"}],
        {
            "metric_list": [
                {
                    "metric": "exact_match",
                    "aggregation": "mean",
                    "higher_is_better": True,
                    "regexes_to_ignore": ["[^a]"],
                }
            ],
            "filter_list": [{"name": "letter", "filter": first_letter}],
        },
    )


def worked(submission: Submission) -> Submission:
    Worker().work(seconds=300)
    submission.refresh_from_db()
    return submission


def answers(result: Result, task: str) -> Iterator[dict[str, Any]]:
    for unit in Unit.objects.filter(run__submission=result.submission, task=task):
        yield from map(json.loads, store.get_bytes(unit.answers_sha256).splitlines())


def documents(suite: Suite, task: str) -> list[dict[str, Any]]:
    files = {file["path"]: file["sha256"] for file in suite.files}
    return [
        json.loads(line)
        for line in store.get_bytes(files[f"task/{task}/data/test.jsonl"]).splitlines()
    ]


def acc_norm(result: Result, suite: Suite) -> float:
    """Compute from the recorded answers how often the likeliest choice by its length is right."""
    by_document: dict[int, dict[int, float]] = {}
    for answer in answers(result, MC):
        by_document.setdefault(answer["doc_id"], {})[answer["idx"]] = answer["response"][0]
    right = []
    for doc_id, doc in enumerate(documents(suite, MC)):
        each = [by_document[doc_id][i] / len(choice) for i, choice in enumerate(doc["choices"])]
        right.append(each.index(max(each)) == doc["gold"])
    return fmean(right)


def same_a(result: Result, suite: Suite) -> float:
    """Compute how often the first letter of an answer, but for `a` ignored, is the word's."""
    words = [doc["word"] for doc in documents(suite, GEN)]
    right = []
    for answer in answers(result, GEN):
        found = re.findall(r"(\w)", answer["response"])
        kept, wanted = found[0] if found else "[invalid]", words[answer["doc_id"]]
        right.append(re.sub("[^a]", "", kept) == re.sub("[^a]", "", wanted))
    return fmean(right)


def unpacked(result: Result, folder: Path) -> Path:
    with tarfile.open(fileobj=io.BytesIO(store.get_bytes(result.bundle_sha256))) as archive:
        archive.extractall(folder, filter="data")
    return folder


def test_same_scorer_publishes_nothing(result: Result) -> None:
    again, new = rescore(result=result, by="operator")
    assert (new, again.state) == (True, SubmissionState.SCORING)
    worked(again)
    assert (again.state, again.failure_detail) == (SubmissionState.UNCHANGED, "")
    assert [(e.state, e.note) for e in again.events.all()][-1] == ("unchanged", "nothing changed")
    assert Result.objects.get() == result
    result.submission.refresh_from_db()
    assert result.submission.state == SubmissionState.PUBLISHED
    assert result.board.suite.version == 1


def test_new_version_publishes_a_result_that_supersedes_without_the_model(
    result: Result, tmp_path: Path
) -> None:
    suite = other_scores(tmp_path / "second")
    again, _ = rescore(result=result, by="operator", suite=suite)
    worked(again)
    assert (again.state, again.failure_detail) == (SubmissionState.PUBLISHED, "")
    new = Result.objects.get(submission=again)
    letters, copying = new.scores.all()
    assert letters.value == pytest.approx(acc_norm(result, suite), abs=1e-12)
    assert copying.value == pytest.approx(same_a(result, suite), abs=1e-12)
    assert 0 < copying.value < 1
    assert new.value == pytest.approx((letters.value + copying.value) / 2, abs=1e-12)
    assert [score.value for score in result.scores.all()] != [letters.value, copying.value]

    result.submission.refresh_from_db()
    assert result.submission.state == SubmissionState.SUPERSEDED
    board = result.board
    board.refresh_from_db()
    assert board.suite == suite
    assert [row.result for row in standings(board).rows] == [new.public_id]

    bundle = unpacked(new, tmp_path / "bundle")
    checks = {check.number: check for check in verify_bundle(bundle).checks}
    assert [checks[n].outcome for n in (1, 3, 9, 10, 11)] == [Outcome.PASS] * 5
    environment = json.loads((bundle / "run" / "environment.json").read_bytes())
    assert environment["rescored"]["result"] == result.public_id
    plan = json.loads((bundle / "run" / "plan.json").read_bytes())
    assert plan == new.plan
    assert plan["suite"]["version"] == 2
    assert plan["tasks"][GEN]["filters"] == ["letter"]
    same = ("documents_root", "requests_root")
    assert [[plan["tasks"][t][k] for k in same] for t in (MC, GEN)] == [
        [result.plan["tasks"][t][k] for k in same] for t in (MC, GEN)
    ]


def test_version_with_other_questions_needs_a_new_run(result: Result, tmp_path: Path) -> None:
    suite = second_version(tmp_path / "second", [{}, {}], {"doc_to_text": "Repeat {{word}}:"})
    again, _ = rescore(result=result, by="operator", suite=suite)
    worked(again)
    assert (again.state, again.failure_code) == (SubmissionState.FAILED, "plan_mismatch")
    assert GEN in again.failure_detail
    result.submission.refresh_from_db()
    assert result.submission.state == SubmissionState.PUBLISHED
    assert [row.result for row in standings(result.board).rows] == [result.public_id]


def test_other_version_is_a_new_outcome_even_with_the_same_digits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = factories.make_result().submission
    same = factories.make_submission(board=old.board, rescores=old, state="publishing")
    later = factories.make_version(old.suite)
    other = factories.make_submission(board=old.board, rescores=old, state="failed", suite=later)
    paths = ["results/results.json", "results/scores.json"]
    listed = {path: factories.digest(path) for path in paths}
    monkeypatch.setattr(rescoring, "digests", lambda _: listed)
    (tmp_path / "results").mkdir()
    for path in paths:
        (tmp_path / path).write_text(path)
    assert rescoring.is_unchanged(same.run, tmp_path)
    assert not rescoring.is_unchanged(other.run, tmp_path)
    (tmp_path / paths[1]).write_text("another digit")
    assert not rescoring.is_unchanged(same.run, tmp_path)
