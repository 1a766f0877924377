"""Events are held against their form, because a hostile model may write them."""

import json

import pytest

from workers.runner.protocol import Call, Event, NonsenseError, decode_call, decode_event, encode


@pytest.mark.parametrize(
    "event",
    [
        Event("progress", value=0),
        Event("progress", value=2**53),
        Event("done"),
        Event("done", value={"a": [1, 2.5, "x", None, True]}),
        Event("failed", code="engine_bug", detail="Ünglück", error_number=28),
    ],
    ids=repr,
)
def test_events_survive_the_pipe(event: Event) -> None:
    assert decode_event(encode(event)) == event


def test_calls_survive_the_pipe() -> None:
    call = Call("plan", {"folders": ["a"]})
    assert decode_call(encode(call)) == call


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\xff\xfe",
        b"garbage",
        b"[]",
        b"null",
        b'"done"',
        b"{}",
        b'{"kind": "done"',
        b'{"kind": "published"}',
        b'{"kind": ["done"]}',
        b'{"kind": {}}',
        b'{"kind": "done", "more": 1}',
        b'{"kind": "done", "value": NaN}',
        b'{"kind": "done", "value": -Infinity}',
        b'{"kind": "done", "value": "\\ud800"}',
        b'{"kind": "done", "value": {"a": ["\\u0000"]}}',
        b'{"kind": "done", "value": {"\\u0000": 1}}',
        b'{"kind": "done", "value": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"kind": "done", "value": ' + b"9" * 10_000 + b"}",
        b'{"kind": "progress"}',
        b'{"kind": "progress", "value": -1}',
        b'{"kind": "progress", "value": true}',
        b'{"kind": "progress", "value": 1.0}',
        b'{"kind": "progress", "value": "1"}',
        b'{"kind": "progress", "value": 9007199254740993}',
        b'{"kind": "failed", "code": 7}',
        b'{"kind": "failed", "code": null}',
        b'{"kind": "failed", "code": "\\u0000"}',
        b'{"kind": "failed", "detail": ["x"]}',
        b'{"kind": "failed", "error_number": "28"}',
        b'{"kind": "failed", "error_number": -1}',
    ],
    ids=lambda line: repr(line[:50]),
)
def test_what_is_no_event_is_nonsense(line: bytes) -> None:
    with pytest.raises(NonsenseError):
        decode_event(line)


def test_an_errors_own_words_are_made_fit_for_any_database() -> None:
    line = json.dumps({"kind": "failed", "detail": "a\0b\ud800" + "x" * 9000}).encode()
    detail = decode_event(line).detail
    assert detail == "ab?" + "x" * (2000 - 4)
