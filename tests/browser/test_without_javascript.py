"""A board with JavaScript off: searched, filtered, sorted, paged and pinned by forms and links."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests import factories, many
from tests.browser.chromium import chromium

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(live_server: LiveServer) -> Iterator[Page]:
    many.fill(factories.make_board("paged"), 130)
    with chromium() as browser:
        page = browser.new_context(java_script_enabled=False).new_page()
        page.goto(f"{live_server.url}/boards/paged/")
        yield page


def names(page: Page) -> list[str]:
    return page.locator("tbody th bdi:first-child").all_inner_texts()


def test_search_and_size_narrow_the_board(page: Page) -> None:
    page.locator("#q").fill("skerry")
    page.get_by_role("button", name="Show").click()
    found = names(page)
    assert (len(found), all("skerry" in name for name in found)) == (15, True)
    page.get_by_label("to", exact=True).fill("1B")
    page.get_by_role("button", name="Show").click()
    assert 0 < len(names(page)) < len(found)
    expect(page.locator("#q")).to_have_value("skerry")


def test_a_chip_filters_and_a_second_click_takes_it_back(page: Page) -> None:
    page.locator("a.chip", has_text="mit").click()
    chosen = page.locator("a.chip[aria-current]")
    expect(chosen).to_have_count(1)
    assert len(names(page)) < 100
    chosen.click()
    assert len(names(page)) == 100


def test_sorting_and_paging_keep_each_other(page: Page) -> None:
    page.locator("thead a", has_text="Model").click()
    first = names(page)
    page.get_by_role("link", name="Next").click()
    second = names(page)
    assert (len(first), len(second)) == (100, 30)
    assert first[-1] < second[0]
    expect(page.locator("th[aria-sort]")).to_contain_text("Model")


def test_chosen_rows_are_pinned_and_compared(page: Page) -> None:
    boxes = page.locator('input[name="pin"]')
    pins = [boxes.nth(number).input_value() for number in (3, 60)]
    for number in (3, 60):
        boxes.nth(number).check()
    page.get_by_role("button", name="Pin on top").click()
    assert [box.input_value() for box in page.locator(".pins input").all()] == pins
    page.get_by_role("button", name="Compare pairwise").click()
    asked = urlsplit(page.url)
    assert (asked.path, sorted(set(parse_qs(asked.query)["pin"]))) == ("/compare/", sorted(pins))
