import pytest
from django.urls import reverse

from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("rows", [1, 3])
def test_home_lists_boards_and_latest_results_in_three_queries(
    client, django_assert_num_queries, rows
):
    results = [factories.make_result(value=0.25 + number / 10) for number in range(rows)]
    with django_assert_num_queries(3):
        page = client.get("/").content.decode()
    for result in results:
        assert page.count(f'href="/results/{result.public_id}/"') == 2
        assert f'href="/boards/{result.board.slug}/"' in page


def test_home_names_the_leader_of_each_board(client):
    board = factories.make_board()
    leader = factories.make_result(board=board, value=0.5)
    revision = factories.make_revision(leader.revision.model)
    factories.make_result(board=board, revision=revision, value=0.3)
    factories.make_result(board=board, value=0.4)
    summary = client.get("/").context["boards"][0]
    assert (summary.leader, summary.results, summary.models) == (leader, 3, 2)


def test_home_without_anything_says_so(client):
    page = client.get("/").content.decode()
    assert "No boards yet" in page
    assert "No results yet" in page
    assert "assay verify ADDRESS" in page


def test_home_shows_drafts_last_and_as_drafts(client):
    draft = factories.make_board(draft=True, title="A draft")
    empty = factories.make_board(title="B empty")
    full = factories.make_result(board=factories.make_board(title="C full")).board
    response = client.get("/")
    assert [item.board for item in response.context["boards"]] == [full, empty, draft]
    assert "takes no submissions yet" in response.content.decode()


def test_boards_is_another_name_of_home():
    assert reverse("boards") == reverse("home") == "/"
