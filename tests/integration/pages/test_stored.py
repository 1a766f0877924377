"""Pages that are made once: the same for everybody, nobody's own, and new when the board is."""

import gzip
import time

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, RequestFactory

from evaluations.models import Board
from evaluations.services.standings import touch
from evaluations.services.withdrawal import withdraw
from tests import factories

pytestmark = pytest.mark.django_db
PATHS = [f"/boards/demo{ending}" for ending in ("/", ".json", ".csv", ".parquet", ".atom")]
PAGE = PATHS[0]


@pytest.fixture
def result():
    return factories.make_result(board=factories.make_board("demo", title="First words"))


def within_a_second(look):
    """Return whether something comes to be true in a second; a change is looked for that often."""
    until = time.monotonic() + 1
    while not (seen := look()) and time.monotonic() < until:
        time.sleep(0.05)
    return seen


@pytest.mark.parametrize("path", PATHS)
def test_second_reader_gets_the_same_bytes_and_costs_one_query(
    client, result, django_assert_num_queries, path
):
    first = client.get(path)
    with django_assert_num_queries(1):
        second = client.get(path)
    with django_assert_num_queries(0):
        third = client.get(path)
    assert first.content == second.content == third.content
    assert first.headers == second.headers == third.headers
    # Another process makes the same bytes.
    assert Client().get(path).content == first.content


@pytest.mark.parametrize("path", PATHS)
def test_stored_page_has_every_header_of_a_page_that_is_made(client, result, path):
    made = client.get(f"{path}?utm_source=feed")
    for _ in range(2):
        stored = client.get(path)
        own = ("Cache-Control", "Content-Length", "Vary")
        for name in made.headers.keys() - set(own):
            assert stored.headers[name] == made.headers[name], name
        assert stored["Cache-Control"] == "public, no-cache"
        assert stored["Content-Length"] == str(len(stored.content))
        vary = set(stored["Vary"].split(", "))
        assert vary >= {"Accept-Encoding", "Accept-Language", "Cookie", *made["Vary"].split(", ")}
    for name in (
        "Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy",
        "Cross-Origin-Opener-Policy", "Last-Modified", "Content-Language",
    ):  # fmt: skip
        assert stored.headers[name], name


def test_page_that_is_not_stored_is_asked_for_again_each_time(client, result):
    assert client.get(f"{PAGE}?sort=model")["Cache-Control"] == "private, no-cache"
    client.force_login(factories.make_user())
    assert client.get(PAGE)["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "asked", ["{}", "W/{}", '"x", {}', '"x",W/{} , "y"', "*"]
)  # fmt: skip
def test_reader_who_has_the_page_is_told_so(client, result, path, asked):
    page = client.get(path)
    tag = page["ETag"]
    assert tag.startswith('W/"')
    headers = {"If-None-Match": asked.replace("{}", tag.removeprefix("W/"))}
    response = client.get(path, headers=headers)
    assert (response.status_code, response.content) == (304, b"")
    assert response.headers == {
        name: page[name] for name in ("ETag", "Vary", "Cache-Control", "Last-Modified")
    }
    assert client.head(path, headers=headers).status_code == 304


@pytest.mark.parametrize("asked", ['"x"', 'W/"x", "y"', "", "x"])
def test_reader_who_has_another_page_gets_this_one(client, result, asked):
    client.get(PAGE)
    response = client.get(PAGE, headers={"If-None-Match": asked})
    assert (response.status_code, b"</html>" in response.content) == (200, True)


def test_date_counts_only_where_no_tag_is_sent(client, result):
    date = client.get(PAGE)["Last-Modified"]
    old = "Thu, 01 Jan 2026 00:00:00 GMT"
    for headers, status in (
        ({"If-Modified-Since": date}, 304),
        ({"If-Modified-Since": old}, 200),
        ({"If-Modified-Since": "yesterday"}, 200),
        ({"If-Modified-Since": date, "If-None-Match": '"x"'}, 200),
    ):
        assert client.get(PAGE, headers=headers).status_code == status, headers


@pytest.mark.parametrize("path", PATHS)
def test_page_is_zipped_for_who_takes_it(client, result, path):
    plain = client.get(path)
    assert not plain.has_header("Content-Encoding")
    for encodings in ("gzip", "br, gzip;q=0.5, *"):
        zipped = client.get(path, headers={"Accept-Encoding": encodings})
        assert zipped["Content-Encoding"] == "gzip"
        assert zipped["Content-Length"] == str(len(zipped.content))
        assert gzip.decompress(zipped.content) == plain.content
        assert zipped["ETag"] == plain["ETag"]
    for encodings in ("br", "gzip;q=0", "identity, gzip; q=0.0"):
        answer = client.get(path, headers={"Accept-Encoding": encodings})
        assert answer.content == plain.content, encodings


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("first", ["get", "head"])
def test_head_tells_of_the_page_without_it(client, result, path, first):
    getattr(client, first)(path)
    head, page = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == page.headers
    assert int(head["Content-Length"]) == len(page.content) > 0


def test_head_has_no_body_even_before_a_server_drops_it(result):
    # The test client drops it as well.
    site = WSGIHandler()
    answers = [site.get_response(RequestFactory().generic(m, PAGE)) for m in ("GET", "HEAD")]
    assert [bool(answer.getvalue()) for answer in answers] == [True, False]


def test_signed_in_reader_neither_gets_nor_makes_a_stored_page(client, result):
    person = factories.make_user("somebody-by-name")
    client.force_login(person)
    own = client.get(PAGE).content.decode()
    assert "somebody-by-name" in own
    assert "csrfmiddlewaretoken" in own
    client.logout()
    for _ in range(2):
        page = client.get(PAGE)
        assert "somebody-by-name" not in page.content.decode()
        assert "csrf" not in page.content.decode()
        assert not page.cookies
    client.force_login(person)
    again = client.get(PAGE)
    assert "somebody-by-name" in again.content.decode()
    assert "Cookie" in again["Vary"]
    assert not again.has_header("ETag")


@pytest.mark.parametrize(
    ("cookies", "headers", "query"),
    [
        ({"sessionid": "f" * 32}, {}, ""),
        ({"messages": "forged"}, {}, ""),
        ({}, {"Authorization": "Bearer x"}, ""),
        ({}, {"HX-Request": "true", "HX-Target": "standings"}, ""),
        ({}, {"HX-Target": "other"}, ""),
        ({}, {}, "?"),
        ({}, {}, "?sort=model"),
        ({}, {}, "?x"),
    ],
)
def test_question_of_ones_own_is_answered_anew(
    client, result, django_assert_num_queries, *, cookies, headers, query
):
    client.get(PAGE)
    client.get(PAGE)
    client.cookies.load(cookies)
    stored = query == "?"
    session = cookies.get("sessionid") is not None
    with django_assert_num_queries(0 if stored else 3 if session else 2):
        response = client.get(f"{PAGE}{query}", headers=headers)
    assert response.status_code == 200
    assert response.has_header("ETag") is stored


def test_csrf_cookie_of_a_form_elsewhere_does_not_keep_a_reader_from_stored_pages(client, result):
    client.get("/accounts/login/")
    assert "csrftoken" in client.cookies
    pages = [client.get(PAGE) for _ in range(2)]
    assert all(page.has_header("ETag") and not page.cookies for page in pages)
    assert client.cookies["csrftoken"].value not in pages[1].content.decode()


def test_part_for_htmx_is_never_stored_as_the_page(client, result):
    client.get(PAGE, headers={"HX-Request": "true", "HX-Target": "standings"})
    assert "<html" in client.get(PAGE).content.decode()


def publish(result):
    revision = factories.make_revision(factories.make_model("newcomer"))
    factories.make_result(board=result.board, revision=revision)


def take_back(result):
    factories.make_result(board=result.board)
    withdraw(submission=result.submission, by="ana")


def rename(result):
    Board.objects.filter(pk=result.board_id).update(title="Other words")
    touch(result.board_id)


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (publish, lambda page, _: "newcomer" in page),
        (take_back, lambda page, result: result.public_id not in page),
        (factories.make_replication, lambda page, _: "<b>R0</b>" in page),
        (rename, lambda page, _: "Other words" in page and "First words" not in page),
    ],
)
def test_page_changes_within_a_second_of_its_board(client, result, change, seen):
    def is_new():
        return seen(client.get(PAGE).content.decode(), result)

    assert not is_new()
    assert not is_new()
    change(result)
    assert within_a_second(is_new)


@pytest.mark.parametrize("path", PATHS)
def test_every_format_changes_with_the_board_and_others_stay(client, result, path):
    other = factories.make_result(board=factories.make_board("other"))
    beside = client.get(f"/boards/{other.board.slug}/")
    before = client.get(path)
    publish(result)

    def answer():
        return client.get(path, headers={"If-None-Match": before["ETag"]})

    assert within_a_second(lambda: answer().status_code == 200)
    assert b"newcomer" in answer().content or path.endswith(".parquet")
    tag = {"If-None-Match": beside["ETag"]}
    assert client.get(f"/boards/{other.board.slug}/", headers=tag).status_code == 304


def test_last_result_withdrawn_leaves_a_page_that_says_so(client, result):
    client.get(PAGE)
    withdraw(submission=result.submission, by="ana")
    assert within_a_second(lambda: "No results yet" in client.get(PAGE).content.decode())
    factories.make_result(board=result.board)
    assert within_a_second(lambda: "No results yet" not in client.get(PAGE).content.decode())


def test_board_without_results_is_never_stored(client):
    board = factories.make_board("demo", draft=True)
    touch(board.pk)
    assert "This board is a draft" in client.get(PAGE).content.decode()
    # Nothing tells of a publication but the suite itself.
    board.suite.published_at = factories.ago(0)
    board.suite.save()
    response = client.get(PAGE)
    assert "This board is a draft" not in response.content.decode()
    assert not response.has_header("ETag")


@pytest.mark.parametrize("path", ["/boards/nothing/", "/boards/nothing.csv"])
def test_what_is_not_there_is_not_stored(client, result, path):
    assert [client.get(path).status_code for _ in range(2)] == [404, 404]


def test_languages_do_not_mix(client, result, settings):
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    for _ in range(2):
        for language, score in (("de", "50,0"), ("en", "50.0"), ("xx", "50.0")):
            page = client.get(PAGE, headers={"Accept-Language": language})
            shown = "en" if language == "xx" else language
            assert f'<html lang="{shown}"' in page.content.decode()
            assert score in page.content.decode()
            assert page["Content-Language"] == shown
    client.cookies.load({"django_language": "de"})
    assert '<html lang="de"' in client.get(PAGE).content.decode()


def test_hosts_and_schemes_do_not_mix(client, result, settings):
    settings.ALLOWED_HOSTS = ["one.example", "two.example"]
    settings.SECURE_HSTS_SECONDS = 60
    for _ in range(2):
        for host in settings.ALLOWED_HOSTS:
            feed = client.get("/boards/demo.atom", headers={"Host": host}).content.decode()
            assert f"http://{host}/boards/demo/" in feed
            assert feed.count(".example/") == feed.count(f"{host}/")
        page = client.get(PAGE, headers={"Host": "one.example"}, secure=True)
        assert page["Strict-Transport-Security"] == "max-age=60"
        page = client.get(PAGE, headers={"Host": "one.example"})
        assert not page.has_header("Strict-Transport-Security")
        assert client.get(PAGE, headers={"Host": "three.example"}).status_code == 400


def test_page_without_https_leads_to_the_one_with_it_though_that_is_stored(
    client, result, settings
):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(PAGE, secure=True).status_code == 200
    response = client.get(PAGE)
    assert (response.status_code, response["Location"]) == (301, f"https://testserver{PAGE}")
