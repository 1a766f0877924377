import pytest

from evaluations.models import Submission
from tests import factories

pytestmark = pytest.mark.django_db


def words(client, path):
    return " ".join(client.get(path).content.decode().split())


def board(*tags, draft=False, slug=""):
    made = factories.make_board(slug, draft=draft, benchmarks=())
    factories.make_benchmark(made.suite, languages=list(tags))
    return made


def speaker(*tags, name=""):
    return factories.make_revision(factories.make_model(name), metadata={"language": list(tags)})


def listed(client, query=""):
    return {one.tag: one for one in client.get(f"/languages/{query}").context["languages"]}


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_list_is_shown_in_four_queries(client, django_assert_num_queries, rows):
    for tag in ("sw", "en", "yo")[:rows]:
        factories.make_result(board=board(tag), revision=speaker(tag))
    # Without a board nobody asks for its benchmarks.
    with django_assert_num_queries(4 if rows else 3):
        found = client.get("/languages/").context["languages"]
    assert len(found) == rows


def test_gaps_are_what_nobody_measures_and_what_has_too_few_models(client):
    well = board("sw")
    for _ in range(3):
        factories.make_result(board=well, revision=speaker("sw"))
    factories.make_result(board=board("yo"), revision=speaker("yo"))
    board("ha", draft=True)
    for tag in ("am", "ha", "pt-BR"):
        speaker(tag)
    board("pt")
    found = listed(client)
    assert {tag for tag, one in found.items() if one.unmeasured} == {"am", "ha"}
    assert {tag for tag, one in found.items() if one.thin} == {"yo", "pt"}
    assert set(listed(client, "?gaps=1")) == {"am", "ha", "yo", "pt"}
    page = words(client, "/languages/?gaps=1")
    assert "no board" in page
    assert "only 1 model" in page
    assert "its board is still a draft" in page


def test_only_the_newest_card_and_results_that_stand_count(client):
    measured = board("sw")
    result = factories.make_result(board=measured, revision=speaker("sw"))
    Submission.objects.filter(pk=result.submission_id).update(state="withdrawn")
    model = factories.make_model()
    factories.make_revision(model, metadata={"language": ["yo"]})
    factories.make_revision(model, metadata={"language": ["ig"]})
    found = listed(client)
    assert found["sw"].measured == set()
    assert set(found) == {"sw", "ig"}


def test_tags_are_brought_into_one_form_and_words_are_no_tags(client):
    speaker("SWA", "sw", "English", "multilingual", "<script>", "")
    assert set(listed(client)) == {"sw"}


@pytest.mark.parametrize(
    ("query", "found"),
    [("kisw", {"sw"}), ("YORU", {"yo"}), ("العربي", {"ar"}), ("zz", set()), ("%00", set())],
)
def test_list_is_searched_by_tag_and_both_names(client, query, found):
    board("sw", "yo", "ar")
    assert set(listed(client, f"?q={query}")) == found


def test_list_without_languages_says_so(client):
    assert "No languages yet" in words(client, "/languages/")


@pytest.mark.parametrize("rows", [1, 3])
def test_language_is_shown_in_six_queries(client, django_assert_num_queries, rows):
    measured = board("sw", "en", slug="demo")
    made = [
        factories.make_result(board=measured, revision=speaker("sw"), value=n / 4)
        for n in range(rows)
    ]
    with django_assert_num_queries(6):
        context = client.get("/languages/sw/").context
    [row] = context["measured"]
    assert [score.result for score in row.best] == made[::-1]
    assert [one.measured for one in context["speakers"]] == [True] * rows


def test_language_shows_the_three_best_of_each_benchmark(client):
    first, second = board("sw"), board("sw")
    for value in (0.1, 0.2, 0.3, 0.4):
        factories.make_result(board=first, value=value)
    factories.make_result(board=second, value=0.9)
    context = client.get("/languages/sw/").context
    values = {row.board: [score.value for score in row.best] for row in context["measured"]}
    assert values == {first: [0.4, 0.3, 0.2], second: [0.9]}


def test_language_leads_to_where_a_model_is_submitted(client):
    board("ar", slug="demo")
    speaker("ar", name="نموذج")
    page = words(client, "/languages/ar/")
    assert 'href="/submit/?board=demo"' in page
    assert "/submit/?model=local%3A%D9%86" in page
    assert "&amp;board=demo" in page
    assert '<bdi lang="ar">العربيّة</bdi>' in page
    assert "A board measures it, with 0 models so far" in page


def test_language_that_no_board_measures_offers_no_board(client):
    speaker("am", name="x" * 190)
    page = words(client, "/languages/am/")
    assert "no board here measures that" in page
    assert "not measured" in page
    assert "submit/?model" not in page


def test_narrower_language_counts_for_the_wider_one(client):
    speaker("pt-BR")
    assert 'href="/languages/pt-BR/"' in words(client, "/languages/pt/")
    assert len(client.get("/languages/pt/").context["speakers"]) == 1


@pytest.mark.parametrize(
    ("written", "usual"), [("SWA", "sw"), ("pt_br", "pt-BR"), ("ZH-hans", "zh-Hans")]
)
def test_tag_that_is_written_otherwise_leads_to_its_usual_form(client, written, usual):
    response = client.get(f"/languages/{written}/")
    assert (response.status_code, response.headers["Location"]) == (301, f"/languages/{usual}/")


def test_language_that_nothing_names_yet_has_its_page(client):
    assert "No board here measures it" in words(client, "/languages/fy/")


@pytest.mark.parametrize(
    ("tag", "near"),
    [("swahilli", ["sw"]), ("sw-KE", ["sw"]), ("qqx", []), ("<b>", []), ("%00", [])],
)
def test_unknown_language_is_not_found_and_near_ones_are_offered(client, tag, near):
    board("sw", "yo")
    response = client.get(f"/languages/{tag}/")
    assert (response.status_code, response.context["near"]) == (404, near)
    assert "<b><bdi><b>" not in response.content.decode()
