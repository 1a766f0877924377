"""What passes is asked again with growing pauses; what a site asks for is waited for."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from tests.unit.cli.hostile import HostileSite, Reply

Assay = Callable[..., Any]
_QUEUED = {"id": "abc123", "state": "queued"}
_NOWHERE = "http://127.0.0.1:9"


def _busy(status: int = 503, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply("<h1>Busy</h1>", status, named)


def _hang_up(handler: Any) -> None:
    handler.connection.shutdown(2)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_site_that_recovers_is_asked_again(
    assay: Assay, hostile: HostileSite, pauses: list[float], status: int
) -> None:
    hostile.answers("submissions/abc123", _busy(status), _busy(status), Reply(_QUEUED))
    said = assay("status", "abc123", "--site", hostile.address, "--json")
    assert (said.exit_code, json.loads(said.stdout)) == (0, _QUEUED)
    assert pauses == [1, 2]
    assert said.stderr.count("Trying again in") == 2


def test_pauses_grow_until_the_command_gives_up(assay: Assay, pauses: list[float]) -> None:
    said = assay("status", "abc123", "--site", _NOWHERE)
    assert (said.exit_code, pauses) == (3, [1, 2, 4, 8])
    assert "could not be reached" in said.stderr
    told = json.loads(assay("status", "abc123", "--site", _NOWHERE, "--json").stdout)
    assert told["error"]["code"] == "site_unreachable"


def test_retry_after_is_waited_for_where_it_is_longer(
    assay: Assay, hostile: HostileSite, pauses: list[float]
) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    hostile.answers(
        "submissions/abc123",
        _busy(429, Retry_After="42"),
        _busy(503, Retry_After="0"),
        _busy(503, Retry_After=moment),
        _busy(503, Retry_After="soon"),
        Reply(_QUEUED),
    )
    assert assay("status", "abc123", "--site", hostile.address).exit_code == 0
    assert pauses[:2] == [42, 2]
    assert 90 < pauses[2] <= 100
    assert pauses[3:] == [8]


@pytest.mark.parametrize("asked", ["301", "9" * 400, "Wed, 01 Jan 2400 00:00:00 GMT"])
def test_site_that_asks_for_too_much_is_not_waited_for(
    assay: Assay, hostile: HostileSite, pauses: list[float], asked: str
) -> None:
    hostile.answers("submissions/abc123", _busy(503, Retry_After=asked))
    said = assay("status", "abc123", "--site", hostile.address)
    assert (said.exit_code, pauses, len(hostile.asked)) == (3, [], 1)


@pytest.mark.parametrize(
    "asked", ["-5", "١٢", "1.5", "nan", "Wed, 01 Jan 1990 00:00:00 GMT", "Wed, 99 Jan 2020"]
)
def test_nonsense_in_retry_after_leaves_the_own_pause(
    assay: Assay, hostile: HostileSite, pauses: list[float], asked: str
) -> None:
    reply = _busy(503, Retry_After=asked.encode().decode("latin-1"))
    hostile.answers("submissions/abc123", reply, Reply(_QUEUED))
    assert assay("status", "abc123", "--site", hostile.address).exit_code == 0
    assert pauses == [1]


def test_submission_whose_answer_was_lost_is_sent_again_with_the_same_key(
    assay: Assay, signed_in: HostileSite
) -> None:
    in_progress = Reply({"code": "request_in_progress", "detail": "At work."}, 409)
    signed_in.answers("submissions", _hang_up, _busy(), in_progress, Reply(_QUEUED, 201))
    said = assay("submit", "local:mti", "--board", "demo")
    assert (said.exit_code, said.stdout) == (0, "abc123 queued \n")
    keys = {one.headers["Idempotency-Key"] for one in signed_in.asked}
    assert (len(signed_in.asked), len(keys)) == (4, 1)
    assert len({one.body for one in signed_in.asked}) == 1


def test_quota_of_open_submissions_is_not_asked_again(
    assay: Assay, signed_in: HostileSite, pauses: list[float]
) -> None:
    full = {"code": "too_many_open", "detail": "You have 20.", "hint": "Wait.", "field": "model"}
    signed_in.answers("submissions", Reply(full, 429))
    said = assay("submit", "local:mti", "--board", "demo")
    assert (said.exit_code, said.stderr, pauses) == (3, "You have 20.\nWait.\n", [])


@pytest.mark.parametrize(
    ("told", "status", "exit_code"),
    [
        ({"code": "unsafe_weights", "field": "model"}, 422, 1),
        ({"code": "chat_template_error", "field": "chat_template"}, 422, 1),
        ({"code": "duplicate", "field": "model"}, 409, 1),
        ({"code": "board_not_found", "field": "board"}, 422, 2),
        ({"code": "precision_unknown", "field": "precision"}, 422, 2),
        ({"code": "invalid_request"}, 422, 2),
        ({"code": "token_invalid"}, 401, 2),
        ({"code": "scope_missing"}, 403, 2),
        ({}, 404, 2),
        ({"code": "hub_unavailable", "field": "model"}, 503, 3),
        ({"code": 7, "detail": ["x"], "hint": {}}, 500, 3),
    ],
)
def test_exit_code_tells_what_kind_of_no_it_is(
    assay: Assay, signed_in: HostileSite, told: dict[str, Any], status: int, exit_code: int
) -> None:
    signed_in.answers("submissions", Reply(told, status))
    said = assay("submit", "local:mti", "--board", "demo", "--json")
    assert said.exit_code == exit_code
    error = json.loads(said.stdout)["error"]
    assert error["detail"]
    if isinstance(told.get("code"), str):
        assert error["code"] == told["code"]
