"""The samples of a result as pages: a list of one task's, and one page a document."""

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from evaluations.models import Result, SampleTable
from tests import factories
from tests.history import rewriting
from tests.samples import by_filter, choice, make_sampled, written

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>\x00\u202e"


def get(client: Client, result: Result, path: str = "", **query: Any) -> Any:
    address = f"/results/{result.public_id}/samples/{path}"
    return client.get(address, {key.removesuffix("_"): value for key, value in query.items()})


def text_of(response: Any) -> str:
    main = response.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def shown(response: Any) -> list[int]:
    return [
        int(n) for n in re.findall(r"<a href=[^>]+>\s*Document (\d+)", response.content.decode())
    ]


@pytest.mark.parametrize("tables", [True, False])
@pytest.mark.parametrize("rows", [1, 3])
def test_samples_are_listed_in_three_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, rows: int, tables: bool
) -> None:
    result = make_sampled({"choosing": [choice(n) for n in range(rows)]}, tables=tables)
    with django_assert_num_queries(3):
        response = get(client, result)
    assert (response.status_code, shown(response)) == (200, list(range(rows)))


@pytest.mark.parametrize("rows", [1, 3])
def test_one_sample_is_shown_in_three_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, rows: int
) -> None:
    result = make_sampled({"choosing": [choice(n) for n in range(rows)]})
    with django_assert_num_queries(3):
        assert get(client, result, "choosing/0/").status_code == 200


def test_choices_stand_with_their_likelihoods_and_how_far_they_lie_apart(client: Client) -> None:
    row = choice(4, "Which?", ["red", "blue"], gold=0, answers=[-3.25, -1.0])
    text = text_of(get(client, make_sampled({"choosing": [row]})))
    assert "Document 4 wrong Which? A red −3.25 −2.25 target B blue −1.00 0.00 chosen" in text  # noqa: RUF001
    assert "All 1 Right 0 Wrong 1" in text


def test_answer_stands_beside_its_target(client: Client) -> None:
    rows = by_filter([written(0, "2+2?", "It is 4", "4", kept="4")])
    result = make_sampled({"writing": rows})
    text = text_of(get(client, result))
    assert "Document 0 right 2+2? Answer 4 Target 4" in text
    assert "right or wrong by exact_match, filter kept" in text
    raw = text_of(get(client, result, filter="raw"))
    assert "Document 0 wrong 2+2? Answer It is 4 Target 4" in raw


def test_right_and_wrong_can_be_chosen_and_searched(client: Client) -> None:
    rows = [choice(n, f"Of {'rivers' if n % 2 else 'lakes'}?", gold=n // 2) for n in range(4)]
    result = make_sampled({"choosing": rows})
    assert shown(get(client, result, outcome="right")) == [0, 1]
    assert shown(get(client, result, outcome="wrong")) == [2, 3]
    assert shown(get(client, result, q="RIVERS")) == [1, 3]
    assert shown(get(client, result, q="rivers", outcome="wrong")) == [3]
    nothing = get(client, result, q="mountains")
    assert "No sample is like that." in text_of(nothing)


@pytest.mark.parametrize(
    ("start", "first"), [("0", 0), ("20", 20), ("999999999", 40), ("-5", 0), ("x", 0), ("٣", 0),
                         ("9" * 50, 0)],
)  # fmt: skip
def test_page_out_of_range_is_the_last_and_nonsense_the_first(
    client: Client, start: str, first: int
) -> None:
    result = make_sampled({"choosing": [choice(n) for n in range(45)]})
    response = get(client, result, from_=start)
    assert shown(response) == list(range(first, min(first + 20, 45)))
    assert f"{first + 1} to {min(first + 20, 45)} of 45" in text_of(response)


def test_pages_lead_on_and_back_with_what_was_asked(client: Client) -> None:
    result = make_sampled({"choosing": [choice(n) for n in range(45)]})
    page = get(client, result, outcome="right", from_=20).content.decode()
    assert 'rel="prev" href="?outcome=right&amp;from=0"' in " ".join(page.split())
    assert 'rel="next" href="?outcome=right&amp;from=40"' in " ".join(page.split())


def test_search_that_stops_early_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from evaluations.queries import sample_tables

    monkeypatch.setattr(sample_tables, "_SEARCH_ROWS", 10)
    result = make_sampled({"choosing": [choice(n, f"{n}") for n in range(1100)]})
    response = get(client, result, q="no such text")
    assert "this stopped early" in text_of(response)
    assert '?q=no+such+text&amp;from=1024"' in response.content.decode()
    assert "Look further" in text_of(response)


@pytest.mark.parametrize("tables", [True, False])
@pytest.mark.parametrize("path", ["", "writing/0/"])
def test_hostile_sample_is_shown_as_text(client: Client, tables: bool, path: str) -> None:
    rows = by_filter([written(0, HOSTILE, HOSTILE * 90, HOSTILE)])
    rows[-1] |= {"metrics": [HOSTILE], HOSTILE: 1.0}
    result = make_sampled({"writing": rows}, tables=tables, languages={"writing": ['"><b>']})
    response = get(client, result, path, q=HOSTILE.replace("\x00", "") if not path else "")
    page = response.content.decode()
    assert response.status_code == 200
    assert "<script>alert" not in page
    assert "<b>" not in page.partition("<main")[2].replace("<b>1</b>", "").replace("<b>0</b>", "")
    assert "\x00" not in page
    assert page.count("\u202e") <= 2  # the reader's own search, in the field and the heading


def test_language_and_direction_are_said_of_every_text(client: Client) -> None:
    row = choice(0, "ما هو؟", ["نهر", "جبل"])
    languages = {"x_arb_Arab": ["ar", "sw"], "x_swh": ["ar", "sw"], "other": []}
    result = make_sampled({task: [row] for task in languages}, languages=languages)
    for task, marked in [
        ("x_arb_Arab", 'lang="ar-Arab" dir="rtl"'),
        ("x_swh", 'lang="sw" dir="ltr"'),
    ]:
        page = " ".join(get(client, result, task=task).content.decode().split())
        assert f"{marked}>ما هو؟" in page
        assert f"{marked}>نهر" in page
    page = " ".join(get(client, result, task="other").content.decode().split())
    assert 'dir="auto">ما هو؟' in page


def test_unknown_names_are_not_found(client: Client) -> None:
    result = make_sampled({"choosing": [choice(3)]})
    assert get(client, result, task="nothing").status_code == 404
    for path in ("choosing/4/", "nothing/3/", f"choosing/{10**40}/", "choosing/x/"):
        assert get(client, result, path).status_code == 404
    assert client.get("/results/0000000000/samples/").status_code == 404
    assert client.get("/results/0000000000/samples/choosing/3/").status_code == 404


@pytest.mark.parametrize("path", ["?task=closed", "closed/0/"])
def test_withheld_samples_say_why_there_is_nothing(client: Client, path: str) -> None:
    result = make_sampled(
        {"open": [choice(0)], "closed": [choice(0, "Secret?")]}, withheld=["closed"]
    )
    # Not even the keys of what is withheld are looked at.
    SampleTable.objects.create(
        result=result, task="closed", rows=1, sha256=factories.digest("lost"), size=9, withheld=True
    )
    response = client.get(f"/results/{result.public_id}/samples/{path}")
    assert response.status_code == 200
    assert "These samples are withheld" in text_of(response)
    assert "Secret?" not in response.content.decode()


def test_first_task_that_can_be_read_is_shown(client: Client) -> None:
    result = make_sampled({"closed": [choice(0)], "open": [choice(7)]}, withheld=["closed"])
    assert shown(get(client, result)) == [7]


@pytest.mark.parametrize("path", ["", "choosing/0/"])
def test_lost_table_is_the_sites_fault(client: Client, path: str) -> None:
    result = make_sampled({"choosing": [choice(0)]})
    result.sample_tables.update(sha256=factories.digest("lost"))
    response = get(client, result, path)
    assert response.status_code == 503
    assert "be read just now" in text_of(response)
    assert "artefact_missing" in text_of(response)


def test_samples_without_a_table_are_read_from_the_bundle(client: Client) -> None:
    result = make_sampled({"choosing": [choice(0)]}, tables=False)
    assert "not been copied into a table yet" in text_of(get(client, result))
    lost = factories.make_result(bundle_sha256=factories.digest("lost"))
    assert get(client, lost).status_code == 503


def test_lost_bundle_leaves_the_table_readable(client: Client) -> None:
    result = make_sampled({"choosing": [choice(0)]})
    with rewriting():
        Result.objects.update(bundle_sha256=factories.digest("lost"))
    assert shown(get(client, result)) == [0]
    response = get(client, result, "choosing/0/")
    assert response.status_code == 200
    assert "be read just now" in text_of(response)


def test_suite_without_tasks_says_so(client: Client) -> None:
    result = factories.make_result(board=factories.make_board(benchmarks=()))
    assert "names no tasks" in text_of(get(client, result))


def test_sample_tells_everything_and_what_proves_it(client: Client) -> None:
    documents = [written(n, f"Say {n}.", f"{n}!", str(n), kept=str(n)) for n in (2, 5, 9)]
    rows = by_filter(documents)
    result = make_sampled({"writing": rows})
    response = get(client, result, "writing/5/")
    text, page = text_of(response), response.content.decode()
    assert "Previous: 2" in text
    assert "Next: 9" in text
    assert "Prompt as the model got it Say 5." in text
    assert "kept 5 right 1 raw 5! wrong 0" in text
    assert "Leaf, filter kept 4 Leaf, filter raw 1" in text
    assert "sed -n 5p" in text
    assert rows[1]["doc_hash"] in page
    listed = client.get(f"/api/v1/results/{result.public_id}/samples").json()["items"]
    assert listed[0]["root"] in page
    assert '/api/v1/benchmarks/writing"' in page


def test_sample_leads_to_its_rows(client: Client) -> None:
    rows = by_filter([written(n, "Say it.", "x", "x") for n in range(3)])
    page = get(client, make_sampled({"writing": rows}), "writing/2/").content.decode()
    addresses = re.findall(r'<a href="(/api/v1/results/[^"]+cursor=[^"]+)"', page)
    found = [client.get(a.replace("&amp;", "&")).json()["items"] for a in addresses[:2]]
    assert found == [[rows[5]], [rows[2]]]


@pytest.mark.parametrize("tables", [True, False])
def test_first_and_last_sample_have_one_neighbour(client: Client, tables: bool) -> None:
    result = make_sampled({"choosing": [choice(0), choice(1)]}, tables=tables)
    first, last = (text_of(get(client, result, f"choosing/{n}/")) for n in (0, 1))
    assert ("Previous" in first, "Next: 1" in first) == (False, True)
    assert ("Previous: 0" in last, "Next" in last) == (True, False)


def test_result_leads_to_its_samples(client: Client) -> None:
    result = make_sampled({"choosing": [choice(0)]})
    page = client.get(f"/results/{result.public_id}/").content.decode()
    assert f'href="/results/{result.public_id}/samples/"' in page
    assert f'href="/results/{result.public_id}/samples/?task=choosing"' in page
