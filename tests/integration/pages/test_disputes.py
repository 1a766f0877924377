"""Questioning a result on its page, and reading what came of it."""

import pytest

from evaluations.models import ModerationAct, Submission
from evaluations.services import moderation
from tests import factories

pytestmark = pytest.mark.django_db
WHY = "The prompts hold the answers."


@pytest.fixture
def result():
    return factories.make_result()


@pytest.fixture
def ana(client):
    user = factories.make_user("ana")
    client.force_login(user)
    return user


def form(result):
    return f"/results/{result.public_id}/dispute/"


def page(client, result):
    return " ".join(client.get(f"/results/{result.public_id}/").content.decode().split())


def test_verify_panel_leads_to_the_form(client, result):
    assert f'href="{form(result)}"' in page(client, result)
    assert "Dispute this result" in page(client, result)


def test_stranger_is_asked_to_sign_in(client, result):
    for answer in (client.get(form(result)), client.post(form(result), {"reason": WHY})):
        assert answer.url == f"/accounts/login/?next={form(result)}"
    assert not ModerationAct.objects.exists()


def test_dispute_leads_back_to_the_result_which_shows_it(client, ana, result):
    assert "What happens next" in client.get(form(result)).content.decode()
    answer = client.post(form(result), {"reason": WHY})
    made = ModerationAct.objects.get()
    address = f"/results/{result.public_id}/#act-{made.public_id}"
    assert (answer.status_code, answer.url) == (303, address)
    shown = page(client, result)
    assert "Your dispute is open" in shown
    assert f'<li id="act-{made.public_id}">' in shown
    assert "<b><bdi>ana</bdi></b> disputes the result" in shown
    assert WHY in shown
    assert "Open: it waits for an answer." in shown
    assert "waits for its place in the log" in shown


def test_answer_stands_below_its_dispute(client, result):
    dispute = factories.make_dispute(result)
    operator = factories.make_user("mwangi", is_staff=True)
    moderation.answer(by=operator, dispute=dispute, outcome="dismissed", reason="They do not. " * 2)
    shown = page(client, result)
    assert "<b><bdi>mwangi</bdi></b>, operator, answers the dispute" in shown
    assert "Dismissed: nothing changes." in shown
    assert "They do not." in shown
    assert "it waits for an answer" not in shown


def test_person_with_an_open_dispute_is_led_to_it(client, ana, result):
    made = factories.make_dispute(result, by=ana)
    shown = client.get(form(result)).content.decode()
    assert f"/results/{result.public_id}/#act-{made.public_id}" in shown
    assert "<textarea" not in shown
    assert client.post(form(result), {"reason": WHY}).status_code == 422
    assert ModerationAct.objects.count() == 1


@pytest.mark.parametrize("state", ["withdrawn", "superseded"])
def test_result_that_left_for_good_offers_no_dispute(client, ana, result, state):
    Submission.objects.filter(pk=result.submission_id).update(state=state)
    assert form(result) not in page(client, result)
    shown = client.get(form(result)).content.decode()
    assert "left its board for good" in shown
    assert "<textarea" not in shown


def test_removed_result_says_why_and_how_to_appeal(client, ana, result):
    operator = factories.make_user("mwangi", is_staff=True)
    removal = moderation.remove(by=operator, result=result, reason=WHY)
    shown = page(client, result)
    assert f'<a href="#act-{removal.public_id}">Read why</a>' in shown
    assert "none: removed" in shown
    assert "Appeal against the removal" in shown
    assert "Send the appeal" in client.get(form(result)).content.decode()
    board = client.get(f"/boards/{result.board.slug}/").content.decode()
    assert result.revision.model.name not in board
    model = client.get(f"/models/local/{result.revision.model.name}/").content.decode()
    assert "An operator took them off their boards" in model
    submission = client.get(f"/submissions/{result.submission.public_id}/").content.decode()
    assert "An operator took this result off its board." in submission


def test_restored_result_is_on_its_board_and_keeps_the_story(client, result):
    operator = factories.make_operator()
    moderation.remove(by=operator, result=result, reason=WHY)
    moderation.restore(by=operator, result=result, reason="It was another model.")
    shown = page(client, result)
    assert "puts the result back onto its board" in shown
    assert "Read why" not in shown
    assert "<b>1</b> of 1" in shown
    submission = client.get(f"/submissions/{result.submission.public_id}/").content.decode()
    assert "Removed" not in submission


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("", "Say what seems wrong"),
        ("too short", "The reason has 9 characters"),
        ("x" * 2001, "The reason has 2001 characters"),
        (f"{WHY}\u202e", "U+202E"),
        (f"{WHY}\0", "Null characters"),
    ],
)
def test_bad_reason_is_refused_and_not_lost(client, ana, result, reason, said):
    answer = client.post(form(result), {"reason": reason})
    shown = answer.content.decode()
    assert (answer.status_code, said in shown) == (422, True)
    assert reason in shown
    assert not ModerationAct.objects.exists()


def test_lines_are_counted_as_they_are_kept(client, ana, result):
    reason = "x\r\n" * 1000
    assert client.post(form(result), {"reason": reason}).status_code == 303


def test_hostile_words_are_shown_as_text(client, ana, result):
    reason = "<script>alert(1)</script> <img src=x onerror=alert(1)>\nA second line."
    client.post(form(result), {"reason": reason})
    for shown in (page(client, result), client.get("/governance/").content.decode()):
        assert "<script>alert" not in shown
        assert "<img" not in shown
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
        assert "<br>A second line." in shown


def test_form_needs_its_token_against_forgery(result):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(factories.make_user())
    assert strict.post(form(result), {"reason": WHY}).status_code == 403


def test_unknown_result_is_not_found(client, ana):
    assert client.get("/results/0000000000/dispute/").status_code == 404


def test_other_methods_are_refused(client, ana, result):
    assert client.delete(form(result)).status_code == 405
