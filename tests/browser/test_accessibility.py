"""axe finds nothing on any page: in both themes, both directions, on a desk and on a phone."""

from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from tests.browser import showcase
from tests.browser.chromium import chromium

pytestmark = pytest.mark.django_db(transaction=True)
_AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
_RUN = "rules => axe.run(document, {resultTypes: ['violations'], runOnly: rules})"
_ALL = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: What theme, direction and folded parts change; the rest was seen before they were turned. Open
#: panels lie on what is below them, so sizes of targets were seen before as well.
_OF_LOOKS = [
    "color-contrast", "scrollable-region-focusable", "link-in-text-block",
    "aria-hidden-focus", "nested-interactive", "label", "region",
]  # fmt: skip
_OPEN = "for (const folded of document.querySelectorAll('details')) folded.open = true"


def open_page(browser: Browser, width: int, language: str) -> Page:
    # axe is put into the page, which the site's own policy forbids.
    context = browser.new_context(
        viewport={"width": width, "height": 900}, locale=language, bypass_csp=True
    )
    context.add_init_script(path=_AXE)
    return context.new_page()


def complaints(page: Page, rules: list[str]) -> list[str]:
    """Return what axe has to say about a page, a line each."""
    found: list[dict[str, Any]] = page.evaluate(_RUN, rules)["violations"]
    return [
        f"{each['id']}: {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for each in found
        for node in each["nodes"]
    ]


def turn(page: Page, scheme: str, direction: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.evaluate("direction => document.documentElement.dir = direction", direction)


@pytest.mark.parametrize(("width", "language"), [(1360, "en"), (390, "ar")])
def test_axe_finds_nothing_on_any_page(live_server: LiveServer, width: int, language: str) -> None:
    site, found = showcase.make(), {}
    first, second = ("rtl", "ltr") if language == "ar" else ("ltr", "rtl")
    with chromium() as browser:
        page = open_page(browser, width, language)
        for name, path in site.pages.items():
            site.enter(page.context, live_server.url, name)
            page.goto(live_server.url + path)
            turn(page, "light", first)
            lines = complaints(page, _ALL)
            # A hundred rows say no more about themes than a few, and take three seconds.
            if name != "board-hundred":
                turn(page, "dark", second)
                page.evaluate(_OPEN)
                lines += complaints(page, _OF_LOOKS)
            if lines:
                found[name] = lines
    assert found == {}


def test_axe_sees_what_is_wrong(live_server: LiveServer) -> None:
    with chromium() as browser:
        page = open_page(browser, 1360, "en")
        page.goto(f"{live_server.url}/methods/")
        page.evaluate("document.querySelector('main').innerHTML += '<img src=mark.svg>'")
        assert [line.partition(":")[0] for line in complaints(page, _ALL)] == ["image-alt"]
