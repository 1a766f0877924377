"""Loading and publishing suites, and registering models into the store."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from evaluations import store
from evaluations.errors import AssayError
from evaluations.models import Suite
from evaluations.services.models import register_local
from evaluations.services.suites import load_suite, open_board, publish
from tests.material import DOCUMENTS, GEN, MC, make_suite
from tests.surveys import counted
from tests.unit.evaluations.test_inspection import folder  # noqa: F401  the model's folder

pytestmark = pytest.mark.django_db


def test_suite_is_a_draft_until_published_and_pins_its_documents(tmp_path: Path) -> None:
    suite, created = load_suite(path=make_suite(tmp_path))
    assert (created, suite.is_draft, suite.sha256) == (True, True, "")
    survey = counted(suite)
    publish(suite=suite, survey=survey)
    assert not suite.is_draft
    assert suite.pins["documents"][MC] == {"count": DOCUMENTS, "root": survey.documents[MC][1]}
    letters, copying = suite.benchmarks.all()
    assert (letters.documents, copying.documents) == (DOCUMENTS, DOCUMENTS)
    assert copying.components == [
        {"task": GEN, "metric": "exact_match", "filter": "word", "baseline": 0.0}
    ]
    [yaml] = [file for file in suite.files if file["path"] == f"task/{MC}/{MC}.yaml"]
    assert store.get_bytes(yaml["sha256"]) == (tmp_path / "tasks" / MC / f"{MC}.yaml").read_bytes()


def test_publishing_again_changes_nothing(tmp_path: Path) -> None:
    suite, _ = load_suite(path=make_suite(tmp_path))
    survey = counted(suite)
    publish(suite=suite, survey=survey)
    pinned = (suite.sha256, suite.published_at)
    publish(suite=suite, survey=replace(survey, lm_eval="0.0"))
    suite.refresh_from_db()
    assert (suite.sha256, suite.published_at) == pinned


def test_other_data_give_a_published_suite_another_digest(tmp_path: Path) -> None:
    suite, _ = load_suite(path=make_suite(tmp_path))
    survey = counted(suite)
    digests = set()
    for changed in (survey, replace(survey, documents={**survey.documents, MC: (3, "00" * 32)})):
        with transaction.atomic():
            publish(suite=suite, survey=changed)
            digests.add(suite.sha256)
            transaction.set_rollback(True)
    assert len(digests) == 2


def test_benchmark_that_stands_for_other_tasks_than_it_says_stays_a_draft(tmp_path: Path) -> None:
    suite, _ = load_suite(path=make_suite(tmp_path))
    survey = counted(suite)
    with pytest.raises(AssayError, match="stands for 2 tasks; the suite says 1"):
        publish(suite=suite, survey=replace(survey, leaves={**survey.leaves, "letters": [MC, GEN]}))
    suite.refresh_from_db()
    assert suite.is_draft
    assert suite.benchmarks.exclude(components=[]).count() == 0


def test_hidden_files_and_bytecode_stay_out_of_a_suite(tmp_path: Path) -> None:
    path = make_suite(tmp_path)
    for name in ("__pycache__/a.pyc", ".hidden"):
        (tmp_path / "tasks" / MC / name).parent.mkdir(exist_ok=True)
        (tmp_path / "tasks" / MC / name).write_text("x")
    suite, _ = load_suite(path=path)
    assert len(suite.files) == 6


def test_loading_again_changes_nothing_but_changed_contents_need_a_version(tmp_path: Path) -> None:
    path = make_suite(tmp_path)
    first, _ = load_suite(path=path)
    assert load_suite(path=path) == (first, False)
    data = tmp_path / "tasks" / MC / "data" / "test.jsonl"
    data.write_text(data.read_text().replace('"gold": 0', '"gold": 1'))
    with pytest.raises(AssayError) as refused:
        load_suite(path=path)
    assert refused.value.code == "suite_changed"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": 2}))
    assert load_suite(path=path)[1]
    assert Suite.objects.count() == 2


def test_citation_and_canary_are_filled_in_later_and_change_no_digest(tmp_path: Path) -> None:
    path = make_suite(tmp_path)
    suite, _ = load_suite(path=path)
    publish(suite=suite, survey=counted(suite))
    spec = json.loads(path.read_text())
    spec["benchmarks"][0] |= {"citation": "Somebody 2026", "canary": "canary 123"}
    path.write_text(json.dumps(spec))
    again, created = load_suite(path=path)
    assert (again.sha256, created) == (suite.sha256, False)
    told = [(one.citation, one.canary) for one in again.benchmarks.all()]
    assert told == [("Somebody 2026", "canary 123"), ("", "")]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("languages", ["English"]), ("languages", ["en", ""]), ("languages", "sw"),
        ("citation", "x" * 2_001), ("citation", ["a"]), ("canary", 7),
    ],
)  # fmt: skip
def test_wrong_field_of_a_benchmark_is_named(tmp_path: Path, field: str, value: object) -> None:
    path = make_suite(tmp_path)
    spec = json.loads(path.read_text())
    spec["benchmarks"][0][field] = value
    path.write_text(json.dumps(spec))
    with pytest.raises(AssayError, match=rf"benchmarks\.0\.{field}") as refused:
        load_suite(path=path)
    assert refused.value.code == "suite_invalid"


@pytest.mark.parametrize(
    "text", ["", "[", "name: x", "- 1", '{"aggregation": "mean", "benchmarks": [{}]}']
)
def test_wrong_file_is_refused_in_words(tmp_path: Path, text: str) -> None:
    path = tmp_path / "suite.yaml"
    path.write_text(text)
    with pytest.raises(CommandError, match="suite_invalid"):
        call_command("load_suite", str(path))


def test_board_opens_once(tmp_path: Path) -> None:
    suite, _ = load_suite(path=make_suite(tmp_path))
    board, created = open_board(slug="b", suite=suite)
    assert created
    assert open_board(slug="b", suite=suite) == (board, False)


def test_registered_files_outlive_their_folder(folder: Path) -> None:  # noqa: F811
    revision, created = register_local(name="mti", folder=folder)
    weights = (folder / "model.safetensors").read_bytes()
    assert created
    assert register_local(name="mti", folder=folder) == (revision, False)
    (folder / "model.safetensors").unlink()
    [kept] = [file for file in revision.files if file["path"] == "model.safetensors"]
    assert store.get_bytes(kept["sha256"]) == weights
    assert revision.metadata == {"license": ["Apache-2.0"], "language": ["sw"]}
    assert revision.size == sum(file["size"] for file in revision.files)


def test_changed_file_is_another_revision(folder: Path) -> None:  # noqa: F811
    first, _ = register_local(name="mti", folder=folder)
    (folder / "tokenizer.json").write_text('{"v": 2}')
    second, created = register_local(name="mti", folder=folder)
    assert created
    assert second.commit != first.commit
    assert second.model == first.model


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "x" * 97, "a b"])
def test_impossible_name_is_refused(folder: Path, name: str) -> None:  # noqa: F811
    with pytest.raises(CommandError, match="no name for a model"):
        call_command("register_model", name, str(folder))
