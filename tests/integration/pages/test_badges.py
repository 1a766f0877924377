from xml.etree import ElementTree

import pytest

from evaluations.services.ranking import rank_changed
from tests import factories

pytestmark = pytest.mark.django_db


def said(client, path):
    """Return a badge's two words, which both forms must agree on."""
    data = client.get(f"{path}.json").json()
    svg = client.get(f"{path}.svg")
    root = ElementTree.fromstring(svg.content)  # noqa: S314  our own
    assert svg["Content-Type"] == "image/svg+xml"
    assert root.attrib["aria-label"] == f"{data['label']}: {data['message']}"
    return data["label"], data["message"]


def test_badge_of_a_board_says_who_leads(client):
    board = factories.make_board("demo", title="Demo")
    best = factories.make_result(board=board, value=0.9)
    factories.make_result(board=board, value=0.1)
    rank_changed()
    name = best.revision.model.name
    assert said(client, "/boards/demo/badge") == ("Demo", f"{name} · 90.0 ± 2.0")


def test_badge_of_a_board_says_that_a_lead_is_shared(client):
    board = factories.make_board("demo", title="Demo")
    for value in (0.5, 0.5, 0.1):
        factories.make_result(board=board, value=value)
    rank_changed()
    assert said(client, "/boards/demo/badge") == ("Demo", "2 share the lead")


def test_badge_of_an_empty_board_says_so(client):
    factories.make_board("demo", title="Demo")
    assert said(client, "/boards/demo/badge") == ("Demo", "no results yet")


def test_badge_of_a_model_says_its_ranks_and_score(client):
    board = factories.make_board("demo", title="Demo")
    for name, value in (("a", 0.5), ("b", 0.5)):
        revision = factories.make_revision(factories.make_model(name))
        factories.make_result(board=board, value=value, revision=revision)
    rank_changed()
    label, message = said(client, "/boards/demo/badges/local/a")
    assert (label, message) == ("Demo", "#1\N{EN DASH}2 · 50.0 ± 2.0")


def test_badge_of_a_model_that_is_not_there_says_so(client):
    factories.make_result(board=factories.make_board("demo", title="Demo"))
    assert said(client, "/boards/demo/badges/org/model") == ("Demo", "not on this board")


@pytest.mark.parametrize("title", ["<script>alert(1)</script>", 'a"b', "لوحة", "x" * 200])
def test_badge_shows_a_hostile_title_as_text(client, title):
    factories.make_board("demo", title=title)
    shown = title if len(title) <= 60 else title[:59] + "\N{HORIZONTAL ELLIPSIS}"
    assert said(client, "/boards/demo/badge")[0] == shown


def test_unknown_board_has_no_badge(client):
    assert client.get("/boards/nothing/badge.svg").status_code == 404
    assert client.get("/boards/nothing/badges/a/b.json").status_code == 404


def test_embed_may_be_framed_and_nothing_else_may(client):
    board = factories.make_board("demo")
    result = factories.make_result(board=board)
    page = client.get("/boards/demo/embed/")
    assert "frame-ancestors *" in page["Content-Security-Policy"]
    assert "X-Frame-Options" not in page
    assert result.revision.model.name in page.content.decode()
    assert "<form" not in page.content.decode()
    board_page = client.get("/boards/demo/")
    assert "frame-ancestors 'none'" in board_page["Content-Security-Policy"]
    assert board_page["X-Frame-Options"] == "DENY"


def test_embed_of_an_empty_board_says_so(client):
    factories.make_board("demo")
    assert "No results yet" in client.get("/boards/demo/embed/").content.decode()
