"""A site that answers badly: a plain sentence and the right exit code, never a traceback."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import zstandard

from tests.unit.cli.hostile import HostileSite, Reply, serving

Assay = Callable[..., Any]
_ID = "abc123"
_GOOD = {"id": _ID, "state": "queued", "url": "https://e.org/submissions/abc123/"}
_UNUSABLE = {
    "a page": Reply("<!doctype html><title>Hello</title>"),
    "nothing": Reply(b""),
    "half": Reply('{"id": "abc1'),
    "a list": Reply([1, 2]),
    "a number": Reply("7"),
    "deep": Reply("[" * 100_000),
    "no UTF-8": Reply(b'{"id": "\xff"}'),
    "empty": Reply({}),
    "wrong types": Reply({"id": 7, "state": ["queued"], "progress": "far"}),
    "no state": Reply({"id": _ID}),
    "a path for an ID": Reply({"id": "../../me", "state": "queued"}),
    "not HTTP's length": Reply({}, headers={"Content-Encoding": "gzip"}),
    "packed": Reply(
        zstandard.compress(bytes(50_000_000)), headers={"Content-Encoding": "zstd"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("reply", _UNUSABLE.values(), ids=_UNUSABLE)
def test_unusable_answer_ends_with_a_sentence(
    assay: Assay, hostile: HostileSite, reply: Reply
) -> None:
    hostile.answers(f"submissions/{_ID}", reply)
    said = assay("status", _ID, "--site", hostile.address)
    assert (said.exit_code, said.stdout) == (2, "")
    assert "answer" in said.stderr
    told = json.loads(assay("status", _ID, "--site", hostile.address, "--json").stdout)
    assert told["error"]["code"] == "bad_answer"
    assert len(hostile.asked) == 2  # asking again would not help


@pytest.mark.parametrize(
    "odd",
    [
        {"progress": None, "failure": 3, "result": 5, "position": "first", "url": None},
        {"progress": {"answered": -1, "documents": "many", "per_second": True}},
        {"progress": {"answered": 9, "documents": 3, "seconds_left": 1e308}},
        {"state": "smoke", "progress": {"step_done": 1, "step_total": 10, "per_second": 2.5}},
        {"state": "a state of tomorrow"},
    ],
)
def test_status_bears_fields_of_the_wrong_kind(
    assay: Assay, hostile: HostileSite, odd: dict[str, Any]
) -> None:
    hostile.answers(f"submissions/{_ID}", Reply(_GOOD | odd))
    said = assay("status", _ID, "--site", hostile.address)
    assert (said.exit_code, said.stderr) == (0, "")
    assert said.stdout.startswith(f"{_ID} {odd.get('state', 'queued')}")


def test_endless_body_is_not_read_to_its_end(assay: Assay, hostile: HostileSite) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 1
            yield bytes(1 << 20)

    hostile.answers(f"submissions/{_ID}", Reply(endless()))
    said = assay("status", _ID, "--site", hostile.address)
    assert (said.exit_code, "more than" in said.stderr) == (2, True)
    assert sent < 100


def test_packed_answer_is_not_unpacked_nor_taken_for_text(
    assay: Assay, hostile: HostileSite
) -> None:
    hostile.answers(f"submissions/{_ID}/log", _UNUSABLE["packed"])
    said = assay("logs", _ID, "--site", hostile.address)
    assert (said.exit_code, said.stdout) == (2, "")
    assert hostile.asked[0].headers["Accept-Encoding"] == "identity"


def test_slow_answer_is_given_up(
    assay: Assay, hostile: HostileSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leaderboard.cli.exchange._DEADLINE_SECONDS", 0.2)
    from threading import Event

    over = Event()

    def dripping(handler: Any) -> None:
        # Never silent for long, so only a limit for the whole answer ends it.
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not over.wait(0.05):
            handler.wfile.write(b"x")

    hostile.answers(f"submissions/{_ID}", dripping)
    began = time.monotonic()
    said = assay("status", _ID, "--site", hostile.address)
    over.set()
    assert time.monotonic() - began < 10
    assert (said.exit_code, "could not be reached (TimeoutError)" in said.stderr) == (3, True)
    assert len(hostile.asked) == 5


def test_redirect_is_not_followed_and_takes_no_token_along(
    assay: Assay, signed_in: HostileSite
) -> None:
    with serving() as other:
        target = {"Location": f"{other.address}/api/v1/submissions"}
        signed_in.answers("submissions", Reply({}, 307, target))
        said = assay("submit", "local:mti", "--board", "demo")
        assert (said.exit_code, "redirects" in said.stderr) == (2, True)
        assert other.asked == []


_ROW = {"rank": 1, "model": "local:mti", "score": 0.5, "stderr": 0.1, "benchmarks": {}}


@pytest.mark.parametrize(
    ("rows", "cursors", "asked"),
    [([_ROW], ["a", "a"], 2), ([_ROW], ["a", "b", "a"], 3), ([], list("abcdefghij"), 1)],
)
def test_pages_that_lead_nowhere_are_left(
    assay: Assay, hostile: HostileSite, rows: list[Any], cursors: list[str], asked: int
) -> None:
    hostile.answers("boards/demo", Reply({"benchmarks": []}))
    pages = [Reply({"standings": rows, "next": cursor}) for cursor in cursors]
    hostile.answers("boards/demo/standings", *pages)
    said = assay("board", "demo", "--site", hostile.address)
    assert (said.exit_code, "lead nowhere" in said.stderr) == (2, True)
    assert len(hostile.asked) == 1 + asked


def test_endless_pages_end_with_the_limit(assay: Assay, hostile: HostileSite) -> None:
    pages = [Reply({"standings": [_ROW] * 3, "next": f"{number}"}) for number in range(100)]
    hostile.answers("boards/demo", Reply({"benchmarks": []}))
    hostile.answers("boards/demo/standings", *pages)
    said = assay("board", "demo", "--limit", "10", "--site", hostile.address, "--json")
    told = json.loads(said.stdout)
    assert (len(told["standings"]), told["more"]) == (10, True)
    assert len(hostile.asked) == 1 + 4


_EVIL = "a\x1b[2J\x1b]0;title\x07b\u202ec\u009bd\x00e\rf\u2066g\u2028h"


def test_steering_characters_never_reach_the_terminal(assay: Assay, hostile: HostileSite) -> None:
    failure = {"code": _EVIL, "detail": _EVIL, "hint": _EVIL, "mender": _EVIL}
    told = {"id": _ID, "model": _EVIL, "board": _EVIL, "url": _EVIL, "failure": failure}
    hostile.answers(f"submissions/{_ID}", Reply(told | {"state": f"failed{_EVIL}"}))
    hostile.answers(f"submissions/{_ID}/log", Reply(_EVIL))
    hostile.answers("boards", Reply({"items": [{"slug": _EVIL, "title": _EVIL}]}))
    hostile.answers("boards/x", Reply({"code": _EVIL, "detail": _EVIL, "hint": _EVIL}, 400))
    for words in (["status", _ID], ["logs", _ID], ["board"], ["board", "x"]):
        for more in ([], ["--json"]):
            said = assay(*words, *more, "--site", hostile.address)
            assert not set(said.output) & set("\x1b\x07\u202e\u009b\x00\r\u2066\u2028"), words
            assert "[2J" in said.output, words


def test_json_keeps_what_it_escapes(assay: Assay, hostile: HostileSite) -> None:
    told = {"id": _ID, "state": "queued", "model": _EVIL + "عربي \U000e0041"}
    hostile.answers(f"submissions/{_ID}", Reply(told))
    said = assay("status", _ID, "--site", hostile.address, "--json")
    assert json.loads(said.stdout) == told
    assert "عربي" in said.stdout


def test_markup_of_a_name_stays_text(assay: Assay, hostile: HostileSite) -> None:
    hostile.answers(f"submissions/{_ID}", Reply(_GOOD | {"model": "[bold red]x[/nope]"}))
    assert "[bold red]x[/nope]" in assay("status", _ID, "--site", hostile.address).stdout
