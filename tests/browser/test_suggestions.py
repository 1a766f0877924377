"""The list below the model's name, filled while somebody types."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests import factories
from tests.browser.chromium import chromium
from tests.hub import Hub
from tests.hub.material import model

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session(live_server: LiveServer) -> str:
    """Sign somebody in and return the session."""
    cache.clear()
    client = Client()
    client.force_login(factories.make_user())
    return client.cookies["sessionid"].value


@pytest.fixture
def page(session: str, live_server: LiveServer) -> Iterator[Page]:
    """Open the form, after the data: Playwright's event loop keeps Django's ORM out."""
    with chromium() as started:
        context = started.new_context()
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.goto(f"{live_server.url}/submit/")
        yield page


def test_models_are_suggested_while_somebody_types(hub: Hub, page: Page) -> None:
    hub.add_model("org/mti", model())
    listed = page.locator("#models option")
    expect(listed).to_have_count(0)
    page.locator("#model").press_sequentially("mt")
    expect(listed).to_have_attribute("value", "hf:org/mti")
    # Revisions are listed nowhere, so nobody is asked about them.
    page.locator("#model").press_sequentially("i@v1")
    page.wait_for_timeout(400)
    assert [r.query["search"] for r in hub.requests] == [["mt"]]
