"""The list below the model's name, filled while somebody types."""

import os
import shutil
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests import factories
from tests.hub import Hub
from tests.hub.material import model

_CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    if _CHROMIUM is None:
        pytest.skip("Chromium isn't installed")
    cache.clear()
    # Playwright's own loop runs in this thread, and Django would refuse to touch the database.
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


def test_models_are_suggested_while_somebody_types(
    page: Page, live_server: LiveServer, hub: Hub
) -> None:
    hub.add_model("org/mti", model())
    client = Client()
    client.force_login(factories.make_user())
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page.goto(f"{live_server.url}/submit/")
    listed = page.locator("#models option")
    expect(listed).to_have_count(0)
    page.locator("#model").press_sequentially("mt")
    expect(listed).to_have_attribute("value", "hf:org/mti")
    # Revisions are listed nowhere, so nobody is asked about them.
    page.locator("#model").press_sequentially("i@v1")
    page.wait_for_timeout(400)
    assert [r.query["search"] for r in hub.requests] == [["mt"]]
