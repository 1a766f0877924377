"""What a site has published before an upgrade is still there, and still fixed, after it."""

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from evaluations.models import Result, Revision, Submission
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
APP = "evaluations"


def migrate(name: str) -> None:
    executor = MigrationExecutor(connection)
    executor.migrate([(APP, name)])


@pytest.fixture
def _newest() -> Iterator[None]:
    """Leave the database as other tests expect it."""
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes(APP))


@pytest.mark.usefixtures("_newest")
def test_submissions_of_before_are_measured_by_their_boards_suite() -> None:
    boards = [factories.make_board(), factories.make_board()]
    made = [factories.make_result(board=board).submission for board in boards]
    migrate("0004_execution")
    migrate("0005_rescoring")
    suites = Submission.objects.order_by("pk").values_list("pk", "suite")
    assert list(suites) == [(s.pk, s.board.suite_id) for s in made]
    with pytest.raises(DatabaseError, match="can not be changed"):
        Result.objects.update(value=1.0)
    with pytest.raises(DatabaseError, match="can not be changed"):
        made[0].events.update(actor="x")


@pytest.mark.usefixtures("_newest")
def test_cards_of_before_are_read_for_what_they_say() -> None:
    card = "---\nlanguage: [sw]\nlicense: mit\n---\nText"
    told, silent = factories.make_revision(card=card), factories.make_revision(card="")
    migrate("0009_moderation")
    migrate("0010_card")
    assert Revision.objects.get(pk=told.pk).metadata == {"license": ["mit"], "language": ["sw"]}
    assert Revision.objects.get(pk=silent.pk).metadata == {}
    with pytest.raises(DatabaseError, match="can not be changed"):
        Revision.objects.filter(pk=told.pk).update(commit="x")
