"""A board by keyboard: everything is reached, seen, and said."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests import factories, many
from tests.browser.chromium import chromium

pytestmark = pytest.mark.django_db(transaction=True)
_NAMES = tuple(f"task{n}" for n in range(8))
#: Numbers what Tab should reach, in the order of the page.
_NUMBER = """() => {
  const all = 'a[href], button:enabled, input:enabled:not([type=hidden]), select, summary, '
    + '[tabindex="0"]';
  const shown = [...document.querySelectorAll(all)].filter((one) =>
    one.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true}));
  shown.forEach((one, number) => one.dataset.number = number);
  return shown.length;
}"""
#: The focused element's number, whether any of it can be seen, and whether its focus can.
_FOCUSED = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  const points = [[.5, .5], [.1, .2], [.9, .2], [.1, .8], [.9, .8]];
  // Points of a drawing lie on each other; that is what it shows.
  const seen = one.closest('svg') !== null || points.some(([x, y]) => {
    const top = document.elementFromPoint(box.x + x * box.width, box.y + y * box.height);
    return top !== null && (one.contains(top) || top.contains(one) && top.matches('label'));
  });
  const ringed = [one, one.closest('.fld')].some((part) => part
    && getComputedStyle(part).outlineStyle !== 'none'
    && parseFloat(getComputedStyle(part).outlineWidth) >= 2);
  return [Number(one.dataset.number ?? -1), seen, ringed];
}"""


@pytest.fixture
def page(live_server: LiveServer) -> Iterator[Page]:
    many.fill(factories.make_board("hundred", benchmarks=_NAMES), 100)
    with chromium() as browser:
        page = browser.new_context(viewport={"width": 1360, "height": 700}).new_page()
        page.goto(f"{live_server.url}/boards/hundred/")
        yield page


def walk(page: Page, key: str, steps: int) -> list[list[Any]]:
    found = []
    for _ in range(steps):
        page.keyboard.press(key)
        found.append(page.evaluate(_FOCUSED))
    return found


def test_every_control_is_reached_in_order_and_never_hidden(page: Page) -> None:
    # The tray with the chosen rows sticks to the window's end, the headings to the table's top.
    for box in page.locator('input[name="pin"]').all()[:2]:
        box.check()
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    count = page.evaluate(_NUMBER)
    page.locator(".skip").focus()
    there = walk(page, "Tab", count - 1)
    assert there == [[number, True, True] for number in range(1, count)]
    # Through a third of the rows: each is under the headings' feet when it comes into sight.
    back = walk(page, "Shift+Tab", 120)
    assert back == [[number, True, True] for number in range(count - 2, count - 122, -1)]


def test_panels_close_with_escape_and_slash_leads_to_the_search(page: Page) -> None:
    columns = page.locator("summary", has_text="Columns")
    columns.press("Enter")
    expect(page.locator("details.pop[open]")).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.locator("details.pop[open]")).to_have_count(0)
    expect(columns).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    # Inside a field it is a letter.
    page.keyboard.press("/")
    expect(page.locator("#q")).to_have_value("/")


def test_sorting_by_keyboard_keeps_the_place_and_marks_one_column(page: Page) -> None:
    link = page.locator("thead a", has_text="Task3")
    link.press("Enter")
    sorted_by = page.locator("th[aria-sort]")
    expect(sorted_by).to_have_count(1)
    expect(sorted_by).to_contain_text("Task3")
    expect(page.locator("thead a", has_text="Task3")).to_be_focused()
    expect(page.locator("tbody tr")).to_have_count(100)


def test_search_says_how_many_rows_are_left(page: Page) -> None:
    said = page.locator("#found")
    before = said.inner_text()
    page.locator("#q").press_sequentially("plover")
    page.wait_for_url("**q=plover**")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(12)
    assert (said.inner_text() != before, "12" in said.inner_text()) == (True, True)
    expect(page.locator("#q")).to_be_focused()


def test_table_scrolls_by_keyboard_and_has_a_name(page: Page) -> None:
    region = page.get_by_role("region", name="Standings")
    region.focus()
    last = page.locator("tbody tr").last
    expect(last).not_to_be_in_viewport()
    page.keyboard.press("End")
    expect(last).to_be_in_viewport()


def test_exports_of_a_sorted_board_are_downloads(page: Page) -> None:
    page.locator("thead a", has_text="Task3").click()
    page.wait_for_url("**sort=task3**")
    with page.expect_download() as got:
        page.get_by_role("link", name="CSV").click()
    assert got.value.suggested_filename.endswith(".csv")
    expect(page.locator("tbody tr")).to_have_count(100)
