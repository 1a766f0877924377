"""Whatever is asked, the API answers as its schema says: tried by schemathesis, in process."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks

from leaderboard.wsgi import application
from tests import factories
from tests.integration.api.test_samples import bundle, members

pytestmark = pytest.mark.django_db
_CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
]
_TRIES = settings(
    max_examples=15,
    derandomize=True,
    database=None,
    deadline=None,
    # Shrinking is slow and a request is short.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def _connection_kept() -> Iterator[None]:
    """A request's end must not close the connection with the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def known() -> dict[str, list[str]]:
    """Fill the site, and return what its addresses may name."""
    board = factories.make_board("demo")
    factories.make_board("draft", draft=True)
    owner = factories.make_user("ana")
    results = [
        factories.make_result(board=board, by=owner, value=value, bundle=bundle(members()))
        for value in (0.2, 0.7)
    ]
    submissions = [results[0].submission] + [
        factories.make_submission(board=board, by=by, state=state, failure_code=code)
        for by, state, code in (
            (owner, "queued", ""), (owner, "running", ""), (owner, "failed", "nan_logits"),
            (factories.make_user(), "queued", ""), (owner, "withdrawn", ""),
        )
    ]  # fmt: skip
    replications = [factories.make_replication(result) for result in results]
    model = results[1].revision.model
    return {
        "slug": ["demo", "draft"],
        "benchmark": ["sums"],
        "org": ["local"],
        "name": [model.name],
        "task": ["sums", "words"],
        "result_id": [result.public_id for result in results],
        "replication_id": [replication.public_id for replication in replications],
        "submission_id": [submission.public_id for submission in submissions],
    }


def _statuses(
    operation: Any, mode: GenerationMode, known: dict[str, list[str]], headers: dict[str, str]
) -> set[int]:
    seen: set[int] = set()

    @_TRIES
    @given(case=operation.as_strategy(generation_mode=mode), choose=st.data())
    def tries(case: Case[Any], choose: st.DataObject) -> None:
        # Invented ids lead nowhere; three in four are replaced by some that exist.
        for name in case.path_parameters or {}:
            if choose.draw(st.integers(0, 3)):
                case.path_parameters[name] = choose.draw(st.sampled_from(known[name]))
        seen.add(case.call_and_validate(checks=_CHECKS, headers=headers).status_code)

    tries()
    return seen


@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
@pytest.mark.parametrize("scopes", [(), ("read", "submit")], ids=len)
def test_every_answer_is_as_the_schema_says(
    known: dict[str, list[str]], mode: GenerationMode, scopes: tuple[str, ...]
) -> None:
    headers = {}
    if scopes:
        owner = User.objects.get(username="ana")
        headers["Authorization"] = f"Bearer {factories.make_token(owner, scopes=scopes)[1]}"
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) > 20
    seen = set()
    for operation in operations:
        # Some can't be asked wrongly.
        with suppress(*([Unsatisfiable] if mode is GenerationMode.NEGATIVE else [])):
            seen |= _statuses(operation, mode, known, headers)
    wanted = {404, 422}
    if mode is GenerationMode.POSITIVE:
        wanted |= {200, 201 if scopes else 401}
    assert wanted <= seen
