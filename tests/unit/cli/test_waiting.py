"""`submit --wait`, `status` and `logs --follow`: what is told meanwhile, and every way to end."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leaderboard.cli.logs import new_lines
from tests.unit.cli.hostile import HostileSite, Reply

Assay = Callable[..., Any]
_ROOT = Path(__file__).resolve().parents[3]
_SUBMIT = ("submit", "local:mti", "--board", "demo", "--wait")
_ID = "abc123"
_RESULT = {
    "model": "local:mti", "board": "demo", "rank": 2, "score": 0.512, "stderr": 0.0051,
    "benchmarks": [], "links": {"page": "https://e.org/results/r1/"},
}  # fmt: skip


def _told(state: str, **fields: Any) -> Reply:
    return Reply({"id": _ID, "state": state, "url": f"https://e.org/submissions/{_ID}/"} | fields)


def _running(answered: int, **fields: Any) -> Reply:
    counts = {"answered": answered, "documents": 200}
    return _told("running", progress=counts | fields)


def _site(hostile: HostileSite, *replies: Any) -> None:
    hostile.answers("submissions", _told("queued", position=1))
    hostile.answers(f"submissions/{_ID}", *replies)
    hostile.answers("results/r1", Reply(_RESULT))


def test_each_change_is_one_line_where_nobody_watches(assay: Assay, signed_in: HostileSite) -> None:
    _site(
        signed_in,
        _told("queued", position=2), _told("queued", position=2), _told("queued", position=1),
        _told("smoke", progress={"step_done": 5, "step_total": 10}),
        _running(0), _running(1), _running(50, per_second=2.5, seconds_left=60), _running(50),
        _told("a state of tomorrow"), _told("published", result="r1"),
    )  # fmt: skip
    said = assay(*_SUBMIT)
    assert said.exit_code == 0, said.output
    assert said.stderr.splitlines() == [
        "abc123: queued (2 in the queue)",
        "abc123: queued (1 in the queue)",
        "abc123: smoke, 5/10",
        "abc123: running, 0/200",
        "abc123: running, 50/200, 2.5/s, 60 s left",
        "abc123: a state of tomorrow",
        "abc123: published",
    ]
    assert said.stdout.splitlines()[0] == "local:mti on demo, rank 2"
    assert said.stdout.splitlines()[-1] == "https://e.org/results/r1/"


def test_json_has_the_submission_and_its_result(assay: Assay, signed_in: HostileSite) -> None:
    _site(signed_in, _told("published", result="r1"))
    told = json.loads(assay(*_SUBMIT, "--json").stdout)
    assert (told["state"], told["result_details"]) == ("published", _RESULT)


def test_pauses_grow_while_waiting(
    assay: Assay, signed_in: HostileSite, pauses: list[float]
) -> None:
    _site(signed_in, *[_told("queued")] * 20, _told("cancelled"))
    assert assay(*_SUBMIT).exit_code == 1
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (0.5, 5.0)


@pytest.mark.parametrize(
    ("state", "fields", "exit_code"),
    [
        ("published", {"result": "r1"}, 0),
        ("superseded", {"result": "r1"}, 0),
        ("a state of tomorrow", {"result": "r1"}, 0),
        ("published", {}, 0),
        ("withdrawn", {"result": "r1"}, 1),
        ("failed", {"failure": {"code": "nan_logits"}}, 1),
        ("cancelled", {}, 1),
        ("rejected", {"failure": []}, 1),
    ],
)
def test_exit_code_tells_whether_there_is_a_result(
    assay: Assay, signed_in: HostileSite, state: str, fields: dict[str, Any], exit_code: int
) -> None:
    _site(signed_in, _told(state, **fields))
    said = assay(*_SUBMIT)
    assert said.exit_code == exit_code
    assert ("ended without a result" in said.stderr) == (exit_code == 1)


def test_failure_tells_what_to_do_who_can_and_the_last_lines(
    assay: Assay, signed_in: HostileSite
) -> None:
    failure = {
        "code": "nan_logits", "detail": "Document 3.", "cause": "It answers NaN.",
        "hint": "Save in float32.", "mender": "submitter", "retried": False,
    }  # fmt: skip
    _site(signed_in, _told("failed", failure=failure))
    log = "\n".join(f"line {number}" for number in range(30)) + "\n"
    signed_in.answers(f"submissions/{_ID}/log", Reply(log))
    said = assay(*_SUBMIT)
    assert said.stderr.splitlines()[1:] == [
        "abc123 ended without a result: failed.",
        "  code:  nan_logits",
        "  what:  Document 3.",
        "  cause: It answers NaN.",
        "  to do: Save in float32.",
        "  by:    you, the submitter",
        "The last lines of its log:",
        *[f"  line {number}" for number in range(20, 30)],
    ]


def test_failure_is_told_without_its_log_too(assay: Assay, signed_in: HostileSite) -> None:
    _site(signed_in, _told("failed", failure={"code": "x"}))
    said = assay(*_SUBMIT)
    assert (said.exit_code, "Its log could not be read" in said.stderr) == (1, True)


def test_loss_of_the_connection_is_waited_out(
    assay: Assay, signed_in: HostileSite, pauses: list[float]
) -> None:
    away = [Reply("<h1>Bad gateway</h1>", 502)] * 10
    _site(signed_in, _told("queued"), *away, _told("published", result="r1"))
    assert assay(*_SUBMIT).exit_code == 0
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30]


def test_site_that_stays_away_leaves_it_incomplete(
    assay: Assay, signed_in: HostileSite, pauses: list[float]
) -> None:
    _site(signed_in, _told("queued"), Reply("", 503))
    said = assay(*_SUBMIT)
    assert said.exit_code == 3
    assert f"assay status {_ID} --site {signed_in.address}" in said.stderr
    assert 600 < sum(pauses) < 1200


def _processes_environment(site: HostileSite, tmp_path: Path) -> dict[str, str]:
    return os.environ | {
        "ASSAY_SITE": site.address, "ASSAY_TOKEN": "assay_0123456789abcdef",
        "XDG_CONFIG_HOME": str(tmp_path), "TERM": "xterm", "COLUMNS": "100",
    }  # fmt: skip


def test_ctrl_c_says_how_to_go_on(hostile: HostileSite, tmp_path: Path) -> None:
    _site(hostile, _running(7))
    process = subprocess.Popen(
        [sys.executable, "-m", "leaderboard.cli", *_SUBMIT],
        cwd=_ROOT, env=_processes_environment(hostile, tmp_path),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr
    first = process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, first) == (3, "", "abc123: running, 7/200\n")
    assert err == (
        "It goes on at the site. Ask again: "
        f"assay status {_ID} --site {hostile.address}\n"
    )  # fmt: skip


def _in_terminal(words: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """Run a command in a terminal of its own; return its exit code and all that it shows."""
    mine, its = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "leaderboard.cli", *words],
        cwd=_ROOT, env=environment, stdin=its, stdout=its, stderr=its,
    )  # fmt: skip
    os.close(its)
    shown, until = b"", time.monotonic() + 30
    while time.monotonic() < until:
        if not select.select([mine], [], [], 0.1)[0]:
            continue
        try:
            shown += os.read(mine, 4096)
        except OSError:  # the other side is closed
            break
    os.close(mine)
    return process.wait(timeout=10), shown.decode()


def test_terminal_shows_a_bar(hostile: HostileSite, tmp_path: Path) -> None:
    evil = "\x1b]0;title\x07[red]"
    _site(
        hostile, _told("queued", position=3),
        _running(100, per_second=2.5, seconds_left=40),
        _told(f"scoring{evil}", progress={"answered": 200, "documents": 200}),
        _told("published", result="r1", progress={"answered": 200, "documents": 200}),
    )  # fmt: skip
    exit_code, shown = _in_terminal(list(_SUBMIT), _processes_environment(hostile, tmp_path))
    assert exit_code == 0, shown
    for words in (
        "abc123 queued (3 in the queue)", "abc123 running", "100/200, 2.5/s, 40 s left", "━",
        "abc123 published", "200/200", "51.2 ±1.0",
    ):  # fmt: skip
        assert words in shown
    assert "\x1b]0;" not in shown
    assert "[red]" in shown


def test_terminal_shows_a_board_no_wider_than_itself(hostile: HostileSite, tmp_path: Path) -> None:
    row = {
        "rank": 1, "score": 0.5, "stderr": 0.01,
        "benchmarks": {"patterns": {"value": 0.5, "stderr": 0.01, "n": 3}},
    }  # fmt: skip
    names = ["hf:organisation/" + "long-name-" * 5, "hf:نموذج/اللغة-العربية"]
    hostile.answers("boards/demo", Reply({"title": "Demo", "benchmarks": [{"name": "patterns"}]}))
    hostile.answers(
        "boards/demo/standings", Reply({"standings": [row | {"model": one} for one in names]})
    )
    environment = _processes_environment(hostile, tmp_path) | {"COLUMNS": "40"}
    exit_code, shown = _in_terminal(["board", "demo"], environment)
    lines = shown.splitlines()
    assert exit_code == 0, shown
    assert all(len(one.replace("\u200e", "")) <= 40 for one in lines if "|" in one)
    assert "Too narrow" not in shown
    [arabic] = [one for one in lines if "نموذج" in one]
    assert "\u200e|\u200e50.0 ±2.0" in arabic


def test_log_is_followed_to_its_end(assay: Assay, hostile: HostileSite) -> None:
    hostile.answers(f"submissions/{_ID}", _running(1), _running(2), _running(3), _told("failed"))
    pieces = ["", "one\n", "one\ntwo\n", "two\nthree\x1b[2J\rfour\n"]
    hostile.answers(f"submissions/{_ID}/log", *map(Reply, pieces))
    said = assay("logs", _ID, "--follow", "--site", hostile.address)
    assert (said.exit_code, said.stdout) == (0, "one\ntwo\nthree[2J\nfour\n")
    hostile.answers(f"submissions/{_ID}", _running(1), _told("failed"))
    hostile.answers(f"submissions/{_ID}/log", Reply("one"), Reply("one\ntwo"))
    said = assay("logs", _ID, "--follow", "--site", hostile.address, "--json")
    assert [json.loads(one) for one in said.stdout.splitlines()] == [
        {"line": "one"}, {"line": "two"}, {"state": "failed"},
    ]  # fmt: skip


def test_empty_log_is_told_apart_from_none(assay: Assay, hostile: HostileSite) -> None:
    hostile.answers(f"submissions/{_ID}/log", Reply(b""))
    said = assay("logs", _ID, "--site", hostile.address)
    assert (said.exit_code, said.stdout) == (0, "")
    assert said.stderr == "The log is empty so far.\n"


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ([], [], []),
        ([], ["a"], ["a"]),
        (["a"], ["a"], []),
        (["a", "b"], ["a", "b", "c"], ["c"]),
        (["a", "b"], ["b", "c"], ["c"]),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        (["a", "a"], ["a", "a", "a"], ["a"]),
        (["a", "b"], ["a"], ["a"]),
        (["a", "b"], [], []),
    ],
)
def test_new_lines_are_those_that_were_not_shown(
    before: list[str], now: list[str], expected: list[str]
) -> None:
    assert new_lines(before, now) == expected
