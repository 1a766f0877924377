import pytest

from evaluations.services import log
from tests import factories
from tests.integration.api.test_samples import bundle, members

pytestmark = pytest.mark.django_db


def rows(count=8, *, filters=1):
    return [
        {
            "doc_id": number, "target": "1", "filter": f"f{turn}",
            "doc": {"question": f"سؤال {number}?", "choices": ["yes", "<b>no</b>"]},
        }
        for turn in range(filters)
        for number in range(count)
    ]  # fmt: skip


def stored(samples):
    return bundle(members({"assay_patterns": samples}))


def words(client, path="/benchmarks/patterns/"):
    return " ".join(client.get(path).content.decode().split())


@pytest.mark.parametrize("results", [0, 1, 3])
def test_list_is_shown_in_three_queries(client, django_assert_num_queries, results):
    board = factories.make_board(benchmarks=("patterns", "sums"))
    factories.make_board(benchmarks=("patterns",), draft=True)
    for _ in range(results):
        factories.make_result(board=board)
    with django_assert_num_queries(3):
        listed = client.get("/benchmarks/").context["listed"]
    assert [(one.benchmark.name, one.models, one.board_count) for one in listed] == [
        ("patterns", results, 2),
        ("sums", results, 1),
    ]


def test_list_without_benchmarks_says_so(client):
    assert "No benchmarks yet" in words(client, "/benchmarks/")


@pytest.mark.parametrize("results", [0, 1, 3])
def test_benchmark_is_shown_in_six_queries(client, django_assert_num_queries, results):
    board = factories.make_board(benchmarks=("patterns",))
    made = [
        factories.make_result(board=board, value=n / 4, bundle=stored(rows()))
        for n in range(results)
    ]
    with django_assert_num_queries(6):
        context = client.get("/benchmarks/patterns/").context
    assert [score.result for score in context["best"]] == made[::-1]
    assert context["results"] == results


def test_benchmark_tells_its_protocol_and_what_is_pinned(client):
    documents = {"assay_patterns": {"count": 240, "root": "ab" * 32}}
    suite = factories.make_suite(name="w", pins={"lm_eval": "0.4.13", "documents": documents})
    factories.make_benchmark(
        suite, languages=["chu", "sw"], metrics=["acc", "f1"], filter="strict", citation="Ana 2026",
        canary="<canary>", description="وصف", licence="unknown", normalised=True,
    )  # fmt: skip
    factories.make_board("demo", suite=suite, benchmarks=())
    entry = log.benchmark(suite)
    page = words(client)
    for said in (
        "acc and f1", "strict", "Ana 2026", "&lt;canary&gt;", "وصف", "ab" * 32,
        "not reported", "25.0 %", 'href="/languages/cu/"', 'href="/boards/demo/"', "0.4.13",
        "yes: guessing is 0", "written, and waits for its place",
    ):  # fmt: skip
        assert said in page
    entry.index = 12
    entry.save()
    page = words(client)
    assert "number 12" in page
    assert entry.leaf in page


def test_first_five_items_are_shown_each_once(client):
    board = factories.make_board(benchmarks=("patterns",))
    factories.make_result(board=board, bundle=stored(rows(6, filters=2)))
    items = client.get("/benchmarks/patterns/").context["items"]
    assert [item.number for item in items] == [0, 1, 2, 3, 4]
    page = words(client)
    assert "سؤال 4?" in page
    assert "0: yes 1: &lt;b&gt;no&lt;/b&gt;" in page
    assert "<b>no" not in page


@pytest.mark.parametrize(
    "odd",
    [
        [{"doc_id": 0, "doc": "only a text", "target": None}],
        [{"doc_id": 0, "doc": {"a": {"b": [1, None]}, "c": "x" * 90_000}}],
        [{"doc_id": "0", "doc": {}}, {}],
        [],
    ],
)
def test_odd_items_break_nothing(client, odd):
    board = factories.make_board(benchmarks=("patterns",))
    factories.make_result(board=board, bundle=stored(odd))
    response = client.get("/benchmarks/patterns/")
    assert response.status_code == 200
    assert len(response.content) < 30_000


def test_withheld_items_are_not_shown_even_if_a_bundle_has_them(client):
    board = factories.make_board(benchmarks=())
    factories.make_benchmark(board.suite, withheld=True)
    factories.make_result(board=board, bundle=stored(rows()))
    assert client.get("/benchmarks/patterns/").context["items"] == []
    page = words(client)
    assert "سؤال" not in page
    assert "The items of this benchmark are not shown" in page


@pytest.mark.parametrize("data", [b"no bundle", b""])
def test_items_that_cannot_be_read_are_the_sites_fault(client, data):
    factories.make_result(board=factories.make_board(benchmarks=("patterns",)), bundle=data)
    assert "be read just now: the store that has them is away" in words(client)


def test_items_come_from_a_result_that_stands(client):
    board = factories.make_board(benchmarks=("patterns",))
    result = factories.make_result(board=board, bundle=stored(rows()))
    result.submission.state = "withdrawn"
    result.submission.save()
    page = words(client)
    assert "Items appear here once a result is published" in page
    assert "No result stands on it yet." in page


def test_version_is_chosen_by_the_address_and_published_ones_come_first(client):
    draft = factories.make_suite(name="a", draft=True)
    old = factories.make_suite(name="b", version=1)
    new = factories.make_suite(name="b", version=2)
    for suite in (draft, old, new):
        factories.make_benchmark(suite, title=str(suite))
    factories.make_board(suite=old, benchmarks=())
    assert client.get("/benchmarks/patterns/").context["benchmark"].suite == old
    page = client.get("/benchmarks/patterns/?suite=b-v2")
    assert page.context["benchmark"].suite == new
    assert 'href="/benchmarks/patterns/?suite=a-v1"' in page.content.decode()


@pytest.mark.parametrize("path", ["nothing/", "patterns/?suite=x-v1", "patterns/?suite=%00"])
def test_unknown_benchmark_is_not_found(client, path):
    factories.make_board(benchmarks=("patterns",))
    assert client.get(f"/benchmarks/{path}").status_code == 404


def test_scores_are_told_as_a_table_too(client):
    board = factories.make_board(benchmarks=("patterns",))
    for value in (0.51, 0.52, 0.99):
        factories.make_result(board=board, value=value)
    page = words(client)
    assert '<bdi dir="ltr">50\N{EN DASH}55</bdi> </th> <td class="n">2</td>' in page
    assert '<rect x="381.0" y="60.0" width="18.0" height="60.0" />' in page


def test_many_languages_are_folded_and_a_long_name_is_whole(client):
    tags = [f"{a}{b}" for a in "abc" for b in "efghijkl"]
    factories.make_benchmark(factories.make_suite(), languages=tags, title="x" * 200)
    page = words(client)
    assert "<summary> 24 languages </summary>" in page
    assert "x" * 200 in page
