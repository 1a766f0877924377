"""Choosing the site's language: menu, cookie, header, and pages that are kept per language."""

import re
from html import unescape

import pytest
from django.conf import settings as django_settings

from tests import factories

pytestmark = pytest.mark.django_db
_CODES = ["en", "fr", "sw", "pt-br", "es", "ar"]


def spoken(page):
    """Return what a page says of its language and direction."""
    [found] = re.findall(r'<html lang="([^"]*)" dir="([^"]*)">', page.content.decode())
    return found


@pytest.fixture
def board():
    """Return the path of a board that is kept once it is made."""
    factories.make_result(board=factories.make_board("demo"))
    return "/boards/demo/"


def test_menu_names_each_language_in_itself_and_leads_back(client):
    page = client.get("/languages/?q=a%26b&x=<i>").content.decode()
    menu = page[page.index('name="language"') : page.index("</details>")]
    links = [unescape(link) for link in re.findall(r'href="([^"]*)"', menu)]
    back = "%2Flanguages%2F%3Fq%3Da%2526b%26x%3D%253Ci%253E"
    assert links == [f"/language/?to={code}&next={back}" for code in _CODES]
    names = re.findall(r"<bdi>([^<]*)</bdi></a>", menu)
    assert names == ["English", "Français", "Kiswahili", "Português (Brasil)", "Español", "العربية"]
    assert re.findall(r'lang="(\S+)"[^>]*aria-current', menu) == ["en"]


def test_menu_of_another_language_names_languages_just_the_same(client):
    page = client.get("/languages/", headers={"Accept-Language": "fr"}).content.decode()
    assert re.findall(r'<bdi lang="(\S+)">([^<]*)</bdi>', page)[0] == ("fr", "Français")
    assert ">English</bdi></a>" in page


def test_choice_is_kept_for_a_year_and_leads_back(client):
    answer = client.get("/language/", {"to": "sw", "next": "/languages/?q=a"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/languages/?q=a")
    cookie = answer.cookies[django_settings.LANGUAGE_COOKIE_NAME]
    kept = [cookie[name] for name in ("max-age", "samesite", "secure", "httponly", "path")]
    assert (cookie.value, kept) == ("sw", [31_536_000, "Lax", "", True, "/"])
    assert "no-store" in answer.headers["Cache-Control"]
    assert spoken(client.get("/languages/")) == ("sw", "ltr")


def test_cookie_is_only_for_https_where_the_site_is(client):
    answer = client.get("/language/", {"to": "sw"}, secure=True)
    assert answer.cookies[django_settings.LANGUAGE_COOKIE_NAME]["secure"] is True


def test_cookie_comes_before_what_the_browser_asks_for(client):
    client.cookies[django_settings.LANGUAGE_COOKIE_NAME] = "es"
    page = client.get("/languages/", headers={"Accept-Language": "fr"})
    assert spoken(page) == ("es", "ltr")


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("fr", ("fr", "ltr")),
        ("sw-KE, en;q=0.5", ("sw", "ltr")),
        ("pt", ("pt-br", "ltr")),
        ("es-MX", ("es", "ltr")),
        ("ar-EG", ("ar", "rtl")),
        ("xx, de", ("en", "ltr")),
        ("", ("en", "ltr")),
        ("*;q=nonsense", ("en", "ltr")),
    ],
)
def test_browser_is_answered_in_a_language_that_it_asks_for(client, asked, given):
    page = client.get("/languages/", headers={"Accept-Language": asked})
    assert spoken(page) == given
    assert page.headers["Content-Language"] == given[0]
    assert "Accept-Language" in page.headers["Vary"]


@pytest.mark.parametrize("code", ["xx", "", "de", "EN", "../en", "sw\r\nX: y"])
def test_unknown_language_is_not_kept(client, code):
    answer = client.get("/language/", {"to": code, "next": "/languages/"})
    assert answer.status_code == 404
    assert django_settings.LANGUAGE_COOKIE_NAME not in answer.cookies


def test_cookie_with_an_unknown_language_does_no_harm(client):
    client.cookies[django_settings.LANGUAGE_COOKIE_NAME] = "../../xx"
    assert spoken(client.get("/languages/")) == ("en", "ltr")


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example",
        "\\\\evil.example", "javascript:alert(1)", "http:evil.example", "/\t/evil.example/",
        "http://testserver/queue/", "", "queue/",
    ],
)  # fmt: skip
def test_nobody_is_led_elsewhere(client, path):
    answer = client.get("/language/", {"to": "fr", "next": path})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_choice_is_not_posted(client):
    assert client.post("/language/?to=fr").status_code == 405


def test_pages_are_kept_for_each_language(client, board):
    pages = {code: client.get(board, headers={"Accept-Language": code}) for code in _CODES}
    assert {code: spoken(page)[0] for code, page in pages.items()} == {c: c for c in _CODES}
    assert spoken(pages["ar"])[1] == "rtl"
    assert len({page.headers["ETag"] for page in pages.values()}) == len(_CODES)
    again = client.get(board, headers={"Accept-Language": "ar"})
    assert again.content == pages["ar"].content
    assert again.headers["Content-Language"] == "ar"


def test_chosen_language_gets_the_kept_page_without_making_it_anew(
    client, board, django_assert_max_num_queries
):
    asked = client.get(board, headers={"Accept-Language": "sw"})
    client.cookies[django_settings.LANGUAGE_COOKIE_NAME] = "sw"
    # The state of boards is looked at once in a while; nothing else is read.
    with django_assert_max_num_queries(1):
        chosen = client.get(board, headers={"Accept-Language": "fr"})
    assert chosen.content == asked.content
    assert chosen.headers["Cache-Control"] == "public, no-cache"
    assert {"Cookie", "Accept-Language"} <= set(chosen.headers["Vary"].split(", "))


def test_page_that_one_language_has_is_news_in_another(client, board):
    tag = client.get(board, headers={"Accept-Language": "fr"}).headers["ETag"]
    asked = {"If-None-Match": tag}
    assert client.get(board, headers=asked | {"Accept-Language": "fr"}).status_code == 304
    assert client.get(board, headers=asked | {"Accept-Language": "ar"}).status_code == 200


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("en", "1,234,567"), ("sw", "1,234,567"), ("ar", "1.234.567"), ("pt-br", "1.234.567"),
        ("fr", "1\N{NO-BREAK SPACE}234\N{NO-BREAK SPACE}567"),
        ("es", "1\N{NO-BREAK SPACE}234\N{NO-BREAK SPACE}567"),
    ],
)  # fmt: skip
def test_thousands_stand_apart_in_every_language(code, written):
    from django.utils.translation import override

    from leaderboard.templatetags.assay import count, percent

    with override(code):
        assert count(1_234_567) == written
        assert percent(0.5125) == ("51.2" if code in {"en", "sw"} else "51,2")
