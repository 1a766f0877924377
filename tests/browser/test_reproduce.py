"""The reproduce panel's tabs in a real browser, by keyboard and without JavaScript."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from tests.browser.chromium import chromium
from tests.factories import ENVIRONMENT, make_result

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def address() -> str:
    packages = {"packages": {"lm_eval": "0.4.13"}}
    return f"/results/{make_result(environment=ENVIRONMENT | packages).public_id}/"


@pytest.fixture
def browser(address: str) -> Iterator[Browser]:
    with chromium() as started:
        yield started


def shown(page: Page) -> list[str]:
    """Return the names of the tabs whose contents can be seen."""
    tabs = page.locator(".tabs details").all()
    return [
        tab.locator("summary").inner_text() for tab in tabs if tab.locator("pre").first.is_visible()
    ]


@pytest.mark.parametrize("width", [375, 1360])
def test_tabs_open_one_at_a_time_by_keyboard(
    live_server: LiveServer, browser: Browser, address: str, width: int
) -> None:
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": width, "height": 800}
    )
    page = context.new_page()
    page.goto(live_server.url + address)
    assert shown(page) == ["Assay"]
    page.locator(".tabs summary").nth(1).focus()
    page.keyboard.press("Enter")
    assert shown(page) == ["stock lm-eval"]
    # What is in the open tab comes before the next tab.
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert shown(page) == ["container"]
    boxes = [summary.bounding_box() for summary in page.locator(".tabs summary").all()]
    assert len({box["y"] for box in boxes if box}) == 1
    opened = page.locator(".tabs [open] pre").bounding_box()
    panel = page.locator("section[aria-labelledby=reproduce]").bounding_box()
    assert opened is not None
    assert panel is not None
    assert opened["width"] > 0.85 * panel["width"]
