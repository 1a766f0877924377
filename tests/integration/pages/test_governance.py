"""Every act, read from the log."""

import re

import pytest

from evaluations.provenance.records import Kind
from evaluations.services import log, moderation
from evaluations.services.sequencer import sequence
from tests import factories

pytestmark = pytest.mark.django_db
WHY = "The prompts hold the answers."


def get(client, query=""):
    return " ".join(client.get(f"/governance/{query}").content.decode().split())


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_governance_is_read_in_two_queries(client, django_assert_num_queries, rows):
    for _ in range(rows):
        factories.make_dispute(factories.make_result())
    with django_assert_num_queries(2):
        shown = get(client)
    assert shown.count('<p class="place">') == rows


def test_nothing_yet_is_said(client):
    shown = get(client)
    assert "Nothing was ever questioned or removed" in shown
    assert "0 disputes are open" in shown
    assert "Who may do what" in shown


def test_acts_are_listed_newest_first_with_their_places(client):
    result = factories.make_result()
    operator = factories.make_user("mwangi", is_staff=True)
    dispute = factories.make_dispute(result, by=factories.make_user("ana"))
    sequence()
    moderation.answer(by=operator, dispute=dispute, outcome="upheld", reason=WHY)
    moderation.remove(by=operator, result=result, reason=WHY)
    shown = get(client)
    order = [
        "takes the result off its board", "answers the dispute", "<b>Keys</b>",
        "<bdi>ana</bdi></b> disputes the result",
    ]  # fmt: skip
    places = [shown.index(text) for text in order]
    assert places == sorted(places)
    assert f"/results/{result.public_id}/#act-{dispute.public_id}" in shown
    assert "Upheld: the objection is right." in shown
    assert shown.count("waits for its place in the log") == 2
    assert "<b>0</b>" in shown
    assert "0 disputes are open" in shown
    assert "/trust/1.root.json" in shown


def test_entry_is_shown_as_it_stands_in_the_log(client):
    made = factories.make_dispute(factories.make_result())
    sequence()
    shown = client.get("/governance/").content.decode()
    [record] = re.findall(r'<pre tabindex="0">(.*moderation.*)</pre>', shown)
    assert record.replace("&quot;", '"') == made.entry.record


def test_what_takes_results_off_boards_is_listed_too(client):
    result, new = factories.make_result(), factories.make_result()
    log.append(
        kind=Kind.RETRACT,
        about={"submission": result.submission.public_id, "by": "submitter"},
        submission=result.submission,
    )
    log.append(
        kind=Kind.SUPERSEDE,
        about={"result": result.public_id, "by": new.public_id},
        submission=new.submission,
    )
    log.intent(factories.make_submission())
    shown = get(client)
    assert "<b>Its submitter</b> withdraws the result" in shown
    assert f'instead of <a class="mono" href="/results/{result.public_id}/">' in shown
    assert shown.count('<p class="place">') == 2


def test_act_that_this_version_does_not_know_is_still_listed(client):
    log.append(kind=Kind.MODERATION, about={"act": "<b>new</b>"})
    shown = get(client)
    assert "<b>Moderation</b>" in shown
    assert "<b>new</b>" not in shown


def test_long_ledger_comes_in_pages_without_gaps(client):
    for number in range(65):
        log.append(kind=Kind.MODERATION, about={"act": "old", "number": number})
    seen, query = [], ""
    for _ in range(3):
        shown = get(client, query)
        seen += [int(n) for n in re.findall(r"number&quot;:(\d+)", shown)]
        following = re.search(r'rel="next" href="/governance/(\?before=\d+)"', shown)
        query = following[1] if following else ""
    assert seen == list(range(64, -1, -1))
    assert query == ""


def test_end_of_the_ledger_says_so(client):
    factories.make_dispute(factories.make_result())
    assert "Nothing is older than this" in get(client, "?before=1")


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "1.5", "%00", "٣"])
def test_nonsense_shows_the_newest(client, before):
    factories.make_dispute(factories.make_result())
    assert "disputes the result" in get(client, f"?before={before}")


def test_footer_and_methods_lead_here(client):
    shown = client.get("/methods/").content.decode()
    assert shown.count('href="/governance/"') == 2
    assert '<h2 id="disputes">' in shown


def test_entry_of_an_act_is_first_where_the_result_leads(client):
    result = factories.make_result()
    factories.make_dispute(result)
    sequence()
    factories.make_dispute(result)
    shown = client.get(f"/results/{result.public_id}/").content.decode()
    [query] = re.findall(r'/governance/(\?before=\d+)"', shown)
    assert '<p class="place"> <b>0</b>' in get(client, query)
    assert get(client, query).count('<p class="place">') == 1
