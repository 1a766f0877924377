"""The choice of a language in a real browser, and pages that are read from right to left."""

import pytest
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from tests.browser.test_pages import addresses, browser  # noqa: F401  fixtures

pytestmark = pytest.mark.django_db(transaction=True)


def test_language_is_chosen_without_javascript(
    live_server: LiveServer,
    browser: Browser,  # noqa: F811
) -> None:
    page = browser.new_context(java_script_enabled=False, locale="fr-FR").new_page()
    page.goto(f"{live_server.url}/languages/?q=sw")
    assert page.locator("html").get_attribute("lang") == "fr"
    page.locator("details[name=language] summary").click()
    page.get_by_role("link", name="العربية").click()
    assert page.url == f"{live_server.url}/languages/?q=sw"
    page.goto(f"{live_server.url}/boards/words/")
    html = page.locator("html")
    assert (html.get_attribute("lang"), html.get_attribute("dir")) == ("ar", "rtl")


def test_menu_is_closed_by_escape_and_by_a_click_elsewhere(
    live_server: LiveServer,
    browser: Browser,  # noqa: F811
) -> None:
    page = browser.new_page()
    page.goto(f"{live_server.url}/queue/")
    menu, summary = (page.locator(f"details[name=language]{end}") for end in ("", " summary"))
    summary.click()
    assert menu.get_attribute("open") is not None
    page.keyboard.press("Escape")
    assert menu.get_attribute("open") is None
    assert summary.evaluate("it => it === document.activeElement")
    summary.click()
    page.locator("h1").click()
    assert menu.get_attribute("open") is None


@pytest.mark.parametrize("width", [375, 1360])
def test_pages_fit_from_right_to_left(
    live_server: LiveServer,
    browser: Browser,  # noqa: F811
    addresses: list[str],  # noqa: F811
    width: int,
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, locale="ar")
    page = context.new_page()
    wrong = []
    for address in addresses:
        page.goto(live_server.url + address)
        wide = page.evaluate("document.documentElement.scrollWidth") > width
        if wide or page.locator("html").get_attribute("dir") != "rtl":
            wrong.append(address)
    assert wrong == []


def test_ranks_stand_at_the_right_and_long_names_keep_their_beginning(
    live_server: LiveServer,
    browser: Browser,  # noqa: F811
) -> None:
    page = browser.new_context(viewport={"width": 1360, "height": 800}, locale="ar").new_page()
    page.goto(f"{live_server.url}/boards/words/")
    row = page.locator("tbody tr").first
    rank, name, score = (row.locator(part) for part in (".rk", ".md > a", ".sc"))
    rank_box, name_box, score_box = rank.bounding_box(), name.bounding_box(), score.bounding_box()
    assert rank_box
    assert name_box
    assert score_box
    assert rank_box["x"] > name_box["x"] > score_box["x"]
    # What hangs over at the left would be the beginning, out of reach.
    text = name.locator("bdi").bounding_box()
    assert text
    assert text["x"] >= name_box["x"]
    assert score.evaluate("it => getComputedStyle(it).direction") == "ltr"
