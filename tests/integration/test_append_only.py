"""What is published stays as it is, whoever tries to change it, by whatever way."""

import json
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from evaluations.models import Benchmark, Result, Revision, Score, SubmissionEvent, Suite
from tests import factories
from tests.history import RULES, rewriting

pytestmark = pytest.mark.django_db


def run_sql(statement: str, *values: Any) -> None:
    """Execute as an operator with a database's own shell would, past Django's models."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture
def published() -> Result:
    return factories.make_result()


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE evaluations_submissionevent SET actor = 'x'", "An event of a submission can not"),
        ("DELETE FROM evaluations_submissionevent", "An event of a submission can not be deleted"),
        ("UPDATE evaluations_result SET value = 1", "A published result can not be changed"),
        ("DELETE FROM evaluations_result", "A published result can not be deleted"),
        ("UPDATE evaluations_score SET n = 1", "A score of a published result can not be changed"),
        ("DELETE FROM evaluations_score", "A score of a published result can not be deleted"),
        ("UPDATE evaluations_suite SET version = 7", "What publication pinned in a suite can not"),
        ("UPDATE evaluations_suite SET pins = '{\"a\": 1}'", "What publication pinned in a suite"),
        ("UPDATE evaluations_suite SET published_at = NULL", "What publication pinned in a suite"),
        ("DELETE FROM evaluations_suite", "A published suite can not be deleted"),
        ("UPDATE evaluations_benchmark SET baseline = 0", "What publication pinned in a benchmark"),
        ("UPDATE evaluations_benchmark SET num_fewshot = NULL", "What publication pinned in a"),
        ("DELETE FROM evaluations_benchmark", "A benchmark of a published suite can not"),
        ("UPDATE evaluations_revision SET commit = 'x'", "The commit of a revision can not"),
        ("UPDATE evaluations_revision SET model_id = 99", "The commit of a revision can not"),
        ("UPDATE evaluations_revision SET files = '[]'", "The files of a revision can not"),
        ("DELETE FROM evaluations_revision", "A revision can not be deleted"),
    ],
)
def test_direct_change_is_refused_with_a_plain_message(
    published: Result, statement: str, message: str
) -> None:
    with pytest.raises(IntegrityError, match=message):
        run_sql(statement.replace("SET commit", 'SET "commit"'))


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE evaluations_replication SET verdict = 'R0'", "A replication can not be changed"),
        ("DELETE FROM evaluations_replication", "A replication can not be deleted"),
    ],
)
def test_replication_stays_as_it_came(published: Result, statement: str, message: str) -> None:
    factories.make_replication(published)
    with pytest.raises(IntegrityError, match=message):
        run_sql(statement)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE evaluations_moderationact SET reason = 'x'", "An act of moderation can not be ch"),
        ("DELETE FROM evaluations_moderationact", "An act of moderation can not be deleted"),
    ],
)
def test_act_of_moderation_stays(published: Result, statement: str, message: str) -> None:
    factories.make_dispute(published)
    with pytest.raises(IntegrityError, match=message):
        run_sql(statement)


def test_nothing_is_left_of_a_refused_change(published: Result) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Score.objects.update(value=1.0)
    assert set(Score.objects.values_list("value", flat=True)) == {published.value}


def test_words_of_a_published_suite_may_be_mended(published: Result) -> None:
    Suite.objects.update(title="Mended", description="Mended")
    Benchmark.objects.update(title="Mended")
    assert Suite.objects.get().title == "Mended"


def test_draft_changes_freely_until_it_is_published() -> None:
    suite = factories.make_suite(draft=True)
    factories.make_benchmark(suite)
    Benchmark.objects.update(baseline=0.5, components=[])
    Suite.objects.update(version=2, published_at=factories.ago(1))
    with pytest.raises(IntegrityError), transaction.atomic():
        Benchmark.objects.update(baseline=0.25)
    assert Benchmark.objects.get().baseline == 0.5


def test_draft_can_be_deleted() -> None:
    suite = factories.make_suite(draft=True)
    factories.make_benchmark(suite)
    suite.delete()
    assert not Suite.objects.exists()


EMPTY = (
    {"path": "a", "size": 1, "sha256": ""},
    {"path": "b", "size": 2, "sha256": "b" * 64},
)


class TestFilesOfARevision:
    @pytest.fixture
    def revision(self) -> Revision:
        made = factories.make_revision()
        with rewriting():
            Revision.objects.update(files=list(EMPTY))
        return made

    def test_missing_digest_is_filled_in_once(self, revision: Revision) -> None:
        files = [{**EMPTY[0], "sha256": "a" * 64}, EMPTY[1]]
        Revision.objects.update(files=files)
        Revision.objects.update(files=files, parameters=5)
        with pytest.raises(IntegrityError), transaction.atomic():
            Revision.objects.update(files=[{**files[0], "sha256": "c" * 64}, files[1]])
        revision.refresh_from_db()
        assert revision.files == files

    @pytest.mark.parametrize(
        "changed",
        [
            [EMPTY[0], {**EMPTY[1], "sha256": "c" * 64}],
            [EMPTY[0], {**EMPTY[1], "sha256": ""}],
            [{**EMPTY[0], "path": "other"}, EMPTY[1]],
            [{**EMPTY[0], "size": 9}, EMPTY[1]],
            [EMPTY[0]],
            [*EMPTY, {"path": "c", "size": 1, "sha256": ""}],
            [EMPTY[1], EMPTY[0]],
        ],
        ids=["digest", "emptied", "path", "size", "fewer", "more", "order"],
    )
    def test_anything_else_is_refused(self, revision: Revision, changed: Any) -> None:
        with pytest.raises(IntegrityError, match="The files of a revision can not be changed"):
            run_sql("UPDATE evaluations_revision SET files = %s", json.dumps(changed))


def test_every_trigger_is_there_after_all_migrations() -> None:
    """SQLite drops a table's triggers when a migration makes the table anew."""
    names = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(names)
        assert {name for (name,) in cursor.fetchall()} == {rule.name for rule in RULES}


@pytest.mark.django_db(transaction=True)
def test_flush_after_a_test_with_real_transactions_passes_first() -> None:
    factories.make_result()


@pytest.mark.django_db(transaction=True)
def test_flush_after_a_test_with_real_transactions_leaves_the_triggers() -> None:
    assert not SubmissionEvent.objects.exists()
    factories.make_result()
    with pytest.raises(IntegrityError):
        SubmissionEvent.objects.all().delete()
