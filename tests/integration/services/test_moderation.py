"""Disputes, their answers, removals: who may do what, when, and what the log then has."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from typer.testing import CliRunner

from evaluations.enums import (
    DISPUTE_TRANSITIONS,
    SUBMISSION_TRANSITIONS,
    Act,
    DisputeState,
    SubmissionState,
)
from evaluations.errors import AssayError
from evaluations.models import LogEntry, ModerationAct, Result, Submission
from evaluations.provenance.canonical import sha256_hex
from evaluations.provenance.records import MAX_SIZE, Kind, Record, read_record
from evaluations.queries.log import read
from evaluations.queries.results import published
from evaluations.queries.submissions import stages
from evaluations.services import log, moderation, rescoring
from evaluations.services.reasons import checked_reason
from evaluations.services.sequencer import sequence
from evaluations.services.submissions import RefusedError, submit
from evaluations.services.withdrawal import withdraw
from leaderboard.boards.place import place
from leaderboard.cli.app import app
from tests import factories

pytestmark = pytest.mark.django_db
WHY = "The prompts hold the answers."


@pytest.fixture
def result() -> Result:
    """A result that the log has."""
    made = factories.make_result()
    log.intent(made.submission)
    record = Record(Kind.RESULT, log.now(), {"submission": made.submission.public_id})
    log.add(record, submission=made.submission)
    return made


@pytest.fixture
def operator() -> User:
    return factories.make_operator()


def state(result: Result) -> str:
    return Submission.objects.get(pk=result.submission_id).state


def refused(code: str, act: Any, **named: Any) -> AssayError:
    before = ModerationAct.objects.count(), LogEntry.objects.count()
    with pytest.raises(AssayError) as caught:
        act(**named)
    assert caught.value.code == code
    assert caught.value.hint
    assert (ModerationAct.objects.count(), LogEntry.objects.count()) == before
    return caught.value


def about(act: ModerationAct) -> Any:
    return read_record(act.entry.record.encode()).about


def test_dispute_is_open_and_logged_without_anybodys_name(result: Result) -> None:
    ana = factories.make_user("ana")
    made = moderation.dispute(by=ana, result=result, reason=f"  {WHY}\r\nAll of them. ")
    assert (made.act, made.by, made.state) == (Act.DISPUTE, ana, DisputeState.OPEN)
    assert made.reason == f"{WHY}\nAll of them."
    assert about(made) == {
        "act": "dispute", "id": made.public_id, "result": result.public_id, "by": "reader",
        "reasonSha256": sha256_hex(made.reason.encode()),
    }  # fmt: skip
    entry = result.submission.entries.get(kind=Kind.RESULT)
    assert read_record(made.entry.record.encode()).refs == (entry.leaf,)
    assert "ana" not in made.entry.record
    assert state(result) == "published"


def test_dispute_of_the_submitter_is_told_apart(result: Result) -> None:
    assert about(factories.make_dispute(result, by=result.submission.by))["by"] == "submitter"


def test_result_from_before_the_log_can_be_disputed() -> None:
    made = factories.make_dispute(factories.make_result())
    assert read_record(made.entry.record.encode()).refs == ()


def test_longest_reason_leaves_the_record_short(result: Result) -> None:
    made = factories.make_dispute(result, reason="ሰ" * 2000)
    assert len(made.entry.record.encode()) < MAX_SIZE / 2


def test_second_dispute_waits_for_the_first_ones_answer(result: Result, operator: User) -> None:
    ana = factories.make_user()
    first = factories.make_dispute(result, by=ana)
    refused("dispute_open", moderation.dispute, by=ana, result=result, reason=WHY)
    factories.make_dispute(result)
    factories.make_dispute(factories.make_result(), by=ana)
    moderation.answer(by=operator, dispute=first, outcome="dismissed", reason=WHY)
    factories.make_dispute(result, by=ana)


def test_open_disputes_of_one_person_are_few() -> None:
    ana = factories.make_user()
    for _ in range(moderation.MOST_OPEN):
        factories.make_dispute(factories.make_result(), by=ana)
    again = factories.make_result()
    refused("too_many_disputes", moderation.dispute, by=ana, result=again, reason=WHY)


@pytest.mark.parametrize("gone", ["withdrawn", "superseded"])
def test_what_left_its_board_for_good_is_not_disputed(result: Result, gone: str) -> None:
    Submission.objects.filter(pk=result.submission_id).update(state=gone)
    by = factories.make_user()
    error = refused("not_disputable", moderation.dispute, by=by, result=result, reason=WHY)
    assert gone in error.detail


@pytest.mark.parametrize("outcome", sorted(DISPUTE_TRANSITIONS[DisputeState.OPEN]))
def test_answer_ends_a_dispute_and_refers_to_it(
    result: Result, operator: User, outcome: str
) -> None:
    dispute = factories.make_dispute(result)
    made = moderation.answer(by=operator, dispute=dispute, outcome=outcome, reason=WHY)
    dispute = ModerationAct.objects.get(pk=dispute.pk)
    assert (dispute.state, dispute.answer) == (outcome, made)
    assert about(made)["outcome"] == outcome
    assert about(made)["dispute"] == dispute.public_id
    assert read_record(made.entry.record.encode()).refs[-1] == dispute.entry.leaf
    assert state(result) == "published"


def test_answer_is_given_once(result: Result, operator: User) -> None:
    dispute = factories.make_dispute(result)
    made = moderation.answer(by=operator, dispute=dispute, outcome="upheld", reason=WHY)
    named = {"by": operator, "outcome": "dismissed", "reason": WHY}
    refused("already_answered", moderation.answer, dispute=dispute, **named)
    refused("not_a_dispute", moderation.answer, dispute=made, **named)


@pytest.mark.parametrize("outcome", ["open", "", "won", "<b>"])
def test_answer_has_a_known_outcome(result: Result, operator: User, outcome: str) -> None:
    named = {"by": operator, "dispute": factories.make_dispute(result), "reason": WHY}
    refused("outcome_unknown", moderation.answer, outcome=outcome, **named)


def test_only_staff_answer_remove_and_restore(result: Result) -> None:
    dispute = factories.make_dispute(result)
    for by in (result.submission.by, factories.make_user(is_staff=True, is_active=False)):
        named = {"by": by, "reason": WHY}
        refused("not_an_operator", moderation.answer, dispute=dispute, outcome="dismissed", **named)
        refused("not_an_operator", moderation.remove, result=result, **named)
        refused("not_an_operator", moderation.restore, result=result, **named)


def test_removed_result_leaves_its_board_and_comes_back(result: Result, operator: User) -> None:
    removal = moderation.remove(by=operator, result=result, reason=WHY)
    assert state(result) == "removed"
    assert not published().exists()
    assert place(Result.objects.get()) is None
    refused("not_on_a_board", moderation.remove, by=operator, result=result, reason=WHY)
    restored = moderation.restore(by=operator, result=result, reason=WHY)
    assert state(result) == "published"
    assert read_record(restored.entry.record.encode()).refs[-1] == removal.entry.leaf
    assert [event.state for event in result.submission.events.all()][-2:] == [
        "removed", "published",
    ]  # fmt: skip
    refused("not_removed", moderation.restore, by=operator, result=result, reason=WHY)


def test_way_of_a_submission_ends_with_its_first_publication(
    result: Result, operator: User
) -> None:
    before = stages(Submission.objects.get())
    moderation.remove(by=operator, result=result, reason=WHY)
    moderation.restore(by=operator, result=result, reason=WHY)
    assert stages(Submission.objects.get()) == before


def test_removal_can_be_disputed_and_nothing_else_undoes_it(result: Result, operator: User) -> None:
    moderation.remove(by=operator, result=result, reason=WHY)
    factories.make_dispute(result, by=result.submission.by)
    assert not withdraw(submission=result.submission, by="ana")
    with pytest.raises(AssayError, match="took the result off"):
        rescoring.check(result=Result.objects.get(), suite=result.board.suite)
    with pytest.raises(RefusedError) as caught:
        submit(
            by=result.submission.by,
            model=f"{result.revision.model}@{result.revision.commit}",
            board=result.board.slug,
        )
    assert caught.value.code == "duplicate"


def test_withdrawn_result_is_not_restored(result: Result, operator: User) -> None:
    withdraw(submission=result.submission, by="ana")
    refused("not_removed", moderation.restore, by=operator, result=result, reason=WHY)


def test_removal_stops_the_rescoring_that_would_bring_it_back(
    result: Result, operator: User
) -> None:
    again = factories.make_submission(
        board=result.board, revision=result.revision, state="scoring", rescores=result.submission
    )
    moderation.remove(by=operator, result=result, reason=WHY)
    again.refresh_from_db()
    assert again.state == "withdrawn"


def test_states_of_the_tables_can_be_reached() -> None:
    assert {one for after in DISPUTE_TRANSITIONS.values() for one in after} | {
        DisputeState.OPEN
    } == set(DisputeState)
    assert SUBMISSION_TRANSITIONS[SubmissionState.REMOVED] == {SubmissionState.PUBLISHED}


@pytest.mark.parametrize("text", ["", "too short", " " * 40, "x" * 2001, "x" * 19 + "  "])
def test_reason_has_a_length(text: str) -> None:
    with pytest.raises(AssayError) as caught:
        checked_reason(text)
    assert caught.value.code == "reason_length"


@pytest.mark.parametrize(
    ("one", "name"),
    [
        ("\0", "U+0000"), ("\x1b", "U+001B"), ("\u202e", "U+202E"), ("\u2067", "U+2067"),
        ("\udc80", "U+DC80"), ("\x85", "U+0085"),
    ],
)  # fmt: skip
def test_reason_holds_nothing_that_nobody_sees(result: Result, one: str, name: str) -> None:
    by, reason = factories.make_user(), f"{WHY}{one} And more."
    error = refused("reason_characters", moderation.dispute, by=by, result=result, reason=reason)
    assert name in error.detail


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "الإجابات موجودة في الأسئلة\u200f.",
        "x" * 20,
        "x" * 2000,
        "a\tb\n" * 9,
    ],
)
def test_reason_is_kept_as_it_was_written(result: Result, text: str) -> None:
    assert factories.make_dispute(result, reason=text).reason == text.strip()


def test_acts_are_found_in_the_logs_public_files_and_pass_an_audit(
    live_server: Any, result: Result, operator: User
) -> None:
    dispute = factories.make_dispute(result)
    moderation.answer(by=operator, dispute=dispute, outcome="upheld", reason=WHY)
    moderation.remove(by=operator, result=result, reason=WHY)
    moderation.restore(by=operator, result=result, reason=WHY)
    size = sequence()
    dispute.entry.refresh_from_db()
    assert dispute.entry.index is not None
    entries = read(f"tile/entries/000.p/{size}")
    for act in ModerationAct.objects.all():
        assert act.entry.record.encode() in entries
        assert act.reason.encode() not in entries
    audited = CliRunner().invoke(app, ["log", "audit", str(live_server.url), "--json"])
    said = json.loads(audited.stdout)
    assert said["kinds"]["moderation"] == 4
    assert [one for one in said["problems"] if "moderation" in one["what"]] == []


class TestCommand:
    def test_disputes_are_listed_and_answered(
        self, result: Result, operator: User, capsys: pytest.CaptureFixture[str]
    ) -> None:
        call_command("moderate", "list")
        assert capsys.readouterr().out == "No dispute is open.\n"
        dispute = factories.make_dispute(result, reason=f"{WHY}\nSee them.")
        call_command("moderate", "list")
        said = capsys.readouterr().out
        assert f"{dispute.public_id}  " in said
        assert f"    {WHY}\n    See them.\n" in said
        by = operator.get_username()
        call_command("moderate", "answer", dispute.public_id, "upheld", by=by, reason=WHY)
        [answer] = ModerationAct.objects.filter(answers=dispute)
        assert answer.entry.index is not None
        said = f"answer {answer.public_id} (entry {answer.entry.index} of the log)\n"
        assert capsys.readouterr().out == said
        call_command("moderate", "list")
        assert capsys.readouterr().out == "No dispute is open.\n"

    def test_result_is_removed_and_restored(self, result: Result, operator: User) -> None:
        for todo, after in (("remove", "removed"), ("restore", "published")):
            by = operator.get_username()
            call_command("moderate", todo, result.public_id, by=by, reason=WHY)
            assert state(result) == after

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["remove", "0000000000", "--by=op"], "There is no result"),
            (["answer", "0000000000", "upheld", "--by=op"], "There is no dispute"),
            (["remove", "{result}", "--by=nobody"], "There is no account 'nobody'"),
            (["remove", "{result}", "--by=ana"], "ana is not staff"),
            (["restore", "{result}", "--by=op"], "The result is published. Only what was removed"),
            (["answer", "{result}", "won", "--by=op"], "invalid choice"),
            (["remove", "{result}"], "required: --by"),
        ],
    )
    def test_what_can_not_be_done_is_said(
        self, result: Result, words: list[str], message: str
    ) -> None:
        factories.make_user("op", is_staff=True)
        factories.make_user("ana")
        named = [word.replace("{result}", result.public_id) for word in words]
        with pytest.raises(Exception, match=message):
            call_command("moderate", *named, f"--reason={WHY}")
        assert state(result) == "published"
