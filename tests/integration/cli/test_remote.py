"""The command line against a real site, over HTTP."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from evaluations.models import Result, Submission
from leaderboard.cli import credentials
from leaderboard.cli.app import app
from tests import factories


def _run(*words: str, told: str = "") -> Any:
    result = CliRunner().invoke(app, list(words), input=told)
    assert result.exception is None or isinstance(result.exception, SystemExit), result
    return result


@pytest.fixture
def site(live_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("ASSAY_TOKEN", raising=False)
    monkeypatch.delenv("ASSAY_SITE", raising=False)
    return str(live_server.url)


@pytest.fixture
def ana(site: str) -> Any:
    """A person who has signed in, with a board and a model to submit."""
    person = factories.make_user("ana")
    secret = factories.make_token(person)[1]
    assert _run("login", "--site", site, "--token_stdin", told=secret).exit_code == 0
    factories.make_board("demo")
    factories.make_revision(factories.make_model("mti"))
    return person


def test_login_keeps_a_token_that_the_site_knows(site: str) -> None:
    secret = factories.make_token(factories.make_user("ana"))[1]
    signed_in = _run("login", "--site", f"{site}/", "--token-stdin", told=f"{secret}\n")
    assert (signed_in.exit_code, signed_in.stdout) == (0, f"Signed in to {site} as ana.\n")
    assert secret not in signed_in.output
    assert credentials.token(site) == secret
    told = json.loads(_run("login", "--token_stdin", "--json", told=secret).stdout)
    assert told["username"] == "ana"


def test_wrong_token_is_not_kept(site: str) -> None:
    refused = _run("login", "--site", site, "--token-stdin", "--json", told="wrong")
    assert refused.exit_code == 2
    assert json.loads(refused.output)["error"]["code"] == "token_invalid"
    assert not credentials.path().exists()


@pytest.mark.parametrize("words", [["submit", "local:mti", "--board", "demo"], ["status"]])
def test_what_is_a_persons_own_needs_a_token(site: str, words: list[str]) -> None:
    said = _run(*words, "--site", site)
    assert (said.exit_code, "assay login" in said.stderr) == (2, True)


def test_check_says_what_would_be_evaluated_and_saves_nothing(ana: Any) -> None:
    said = _run("check", "local:mti", "--board", "demo")
    assert said.exit_code == 0, said.output
    assert said.stdout.startswith("local:mti would be taken.\n")
    assert "parameters: 1.2M" in said.stdout
    told = json.loads(_run("check", "--model", "local:mti", "--board", "demo", "--json").stdout)
    assert (told["accepted"], told["refusals"], told["board"]) == (True, [], "demo")
    assert not Submission.objects.exists()


def test_check_says_why_a_model_would_be_refused(ana: Any) -> None:
    said = _run("check", "local:nobody", "--board", "demo")
    assert (said.exit_code, said.stderr) == (1, "")
    assert "model_not_found: There is no model" in said.stdout
    words = ["check", "local:mti", "--board", "demo", "--apply_chat_template", "--json"]
    told = json.loads(_run(*words).stdout)
    assert (told["accepted"], told["refusals"][0]["code"]) == (False, "chat_template_error")


@pytest.mark.parametrize("words", [["--board", "none"], ["--board", "demo", "--dtype", "int4"]])
def test_option_that_names_nothing_is_wrong_usage(ana: Any, words: list[str]) -> None:
    for command in ("check", "submit"):
        assert _run(command, "local:mti", *words).exit_code == 2


def test_submission_is_made_once_and_found_again(ana: Any, site: str) -> None:
    made = _run("submit", "local:mti", "--board", "demo", "--intended_use", "A test.", "--json")
    assert made.exit_code == 0, made.output
    public_id = json.loads(made.stdout)["id"]
    assert Submission.objects.get(public_id=public_id).intended_use == "A test."
    again = _run("submit", "local:mti", "--board", "demo")
    assert again.exit_code == 1
    assert f"{site}/submissions/{public_id}/" in again.stderr
    said = _run("status", public_id)
    assert said.stdout.startswith(f"{public_id} queued, 1 in the queue\n  local:mti on demo\n")
    listed = _run("status").stdout.splitlines()
    assert listed[0].startswith("|ID")
    assert public_id in listed[2]
    assert len(listed) == 3
    assert [one["id"] for one in json.loads(_run("status", "--json").stdout)["items"]] == [
        public_id
    ]


def test_only_own_submissions_are_listed_over_as_many_pages_as_it_takes(
    ana: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leaderboard.cli.pages._PAGE", 2)
    assert "nothing here yet" in _run("status").stdout
    mine = [factories.make_submission(by=ana).public_id for _ in range(5)]
    factories.make_submission()
    told = json.loads(_run("status", "--json").stdout)
    assert [one["id"] for one in told["items"]] == mine[::-1]
    assert not told["more"]
    told = json.loads(_run("status", "--json", "--limit", "3").stdout)
    assert ([one["id"] for one in told["items"]], told["more"]) == (mine[:1:-1], True)


def test_submission_that_is_not_there_is_wrong_usage(site: str) -> None:
    for words in (["status", "none"], ["logs", "none"], ["status", "../me"], ["board", "none"]):
        assert _run(*words, "--site", site).exit_code == 2, words


def test_logs_print_the_end_of_the_log(site: str) -> None:
    submission = factories.make_submission(state="failed", run=False)
    factories.make_run(submission, log_tail="one\ntwo")
    public_id = submission.public_id
    for more in ([], ["--follow"]):
        said = _run("logs", public_id, "--site", site, *more)
        assert (said.exit_code, said.stdout) == (0, "one\ntwo\n")
    told = json.loads(_run("logs", public_id, "--site", site, "--json").stdout)
    assert told == {"id": public_id, "state": "failed", "lines": ["one", "two"]}


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Have something happen at the site in the first pause of waiting."""

    def plan(happens: Callable[[], None]) -> None:
        monkeypatch.setattr("leaderboard.cli.waiting.sleep", lambda _: happens())

    return plan


def _publish() -> None:
    submission = Submission.objects.get()
    other = factories.make_result(board=submission.board, value=0.512, stderr=0.0051)
    made = Result.objects.get(pk=other.pk)
    Submission.objects.filter(pk=submission.pk).update(state="published")
    fields = {f: getattr(made, f) for f in ("config", "plan", "plan_sha256", "environment")}
    fields |= {f: getattr(made, f) for f in ("bundle_sha256", "bundle_size")}
    result = Result.objects.create(
        submission=submission, revision=submission.revision, board=submission.board,
        value=0.612, stderr=0.0051, manifest_sha256=factories.digest("m"), **fields,
    )  # fmt: skip
    for benchmark in submission.board.suite.benchmarks.all():
        factories.make_score(result, benchmark, value=0.5, stderr=0.02)


def test_waiting_ends_with_the_results_values(
    ana: Any, site: str, meanwhile: Callable[[Callable[[], None]], None]
) -> None:
    meanwhile(_publish)
    said = _run("submit", "local:mti", "--board", "demo", "--wait")
    assert said.exit_code == 0, said.output
    public_id = Submission.objects.get(revision__model__name="mti").public_id
    assert said.stderr.splitlines() == [
        f"{public_id}: queued (1 in the queue)", f"{public_id}: published",
    ]  # fmt: skip
    result = Result.objects.get(submission__public_id=public_id)
    assert said.stdout.splitlines() == [
        "local:mti on demo, rank 1",
        "per cent ± half of the 95 % interval",
        "|Benchmark|n-shot|Metric|  n|    Score|",
        "|---------|-----:|------|--:|--------:|",
        "|all      |      |      |   |61.2 ±1.0|",
        "|patterns |     3|acc   |240|50.0 ±3.9|",
        "|sums     |     3|acc   |240|50.0 ±3.9|",
        f"{site}/results/{result.public_id}/",
    ]


def test_waiting_ends_with_the_reason_of_a_failure(
    ana: Any, meanwhile: Callable[[Callable[[], None]], None]
) -> None:
    def fail() -> None:
        submission = Submission.objects.get()
        submission.run.log_tail = "\n".join(f"line {number}" for number in range(20))
        submission.run.save()
        Submission.objects.update(
            state="failed", failure_code="nan_logits", failure_detail="Document 3 gives NaN."
        )

    meanwhile(fail)
    said = _run("submit", "local:mti", "--board", "demo", "--wait", "--json")
    assert said.exit_code == 1
    told = json.loads(said.stdout)
    assert (told["state"], told["result_details"]) == ("failed", None)
    assert "code:  nan_logits\n  what:  Document 3 gives NaN.\n  cause: " in said.stderr
    assert "by:    you, the submitter\n" in said.stderr
    assert said.stderr.endswith("  line 18\n  line 19\n")
    assert "line 9\n" not in said.stderr


def test_board_shows_ranks_scores_and_every_benchmark(site: str) -> None:
    board = factories.make_board("demo", title="Small tasks")
    for name, value in (("mti", 0.512), ("mbegu", 0.3), ("mche", 0.7)):
        revision = factories.make_revision(factories.make_model(name))
        factories.make_result(board=board, revision=revision, value=value, stderr=0.01)
    said = _run("board", "demo", "--site", site)
    assert said.exit_code == 0, said.output
    assert said.stdout.splitlines() == [
        f"Small tasks, {board.suite}",
        "per cent ± half of the 95 % interval",
        "| #|Model      |    Score| patterns|     sums|",
        "|-:|-----------|--------:|--------:|--------:|",
        "| 1|local:mche |70.0 ±2.0|70.0 ±2.0|70.0 ±2.0|",
        "| 2|local:mti  |51.2 ±2.0|51.2 ±2.0|51.2 ±2.0|",
        "| 3|local:mbegu|30.0 ±2.0|30.0 ±2.0|30.0 ±2.0|",
        f"{site}/boards/demo/",
    ]


def test_board_in_json_over_as_many_pages_as_it_takes(
    site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leaderboard.cli.pages._PAGE", 2)
    board = factories.make_board("demo")
    for number in range(5):
        factories.make_result(board=board, value=number / 10)
    told = json.loads(_run("board", "demo", "--site", site, "--json").stdout)
    assert [row["rank"] for row in told["standings"]] == [1, 2, 3, 4, 5]
    assert (told["board"]["slug"], told["more"]) == ("demo", False)
    said = _run("board", "demo", "--site", site, "--limit", "3").stdout
    assert "|3|" in said.replace(" ", "")
    assert "|4|" not in said.replace(" ", "")
    assert "There are more" in said


def test_boards_without_results_say_why(site: str) -> None:
    assert "no boards yet" in _run("board", "--site", site).stdout
    factories.make_board("empty")
    factories.make_board("draft", draft=True)
    assert "No results yet." in _run("board", "empty", "--site", site).stdout
    said = _run("board", "draft", "--site", site).stdout
    assert "(draft)" in said
    assert "takes no submissions until it is published" in said
    listed = _run("board", "--site", site).stdout.splitlines()
    assert [row.split("|")[1].strip() for row in listed] == ["Board", "-----", "empty", "draft"]
    assert [row.split("|")[5].strip() for row in listed[2:]] == ["open", "draft"]
    told = json.loads(_run("board", "--site", site, "--json").stdout)
    assert [one["slug"] for one in told["items"]] == ["empty", "draft"]
