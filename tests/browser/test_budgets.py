"""What boards weigh on the wire, served as in production, on a first and on a second look."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import chromium
from tests.browser.served import served
from tests.browser.views import View, Witness
from tests.servers import Site

_KB = 1024
#: The browser counts a page's headers too, of which the policies alone take some 400 bytes.
_HEADERS = 600
#: Compressed, by the browser's names of kinds.
_BUDGETS = {"Document": 20 * _KB + _HEADERS, "Stylesheet": 12 * _KB, "Script": 22 * _KB, "Font": 0}
_FIRST, _AGAIN, _REQUESTS, _SHIFT = 60 * _KB, 25 * _KB, 5, 0.02
_FILL = """
from tests import factories, many
names = tuple(f"task{n}" for n in range(8))
many.fill(factories.make_board("hundred", benchmarks=names), 100)
many.fill(factories.make_board("paged", benchmarks=names), 1_000, seed=1)
"""


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    site.manage("shell", "-v0", "-c", _FILL)
    site.manage("collectstatic", "--noinput", "-v0")
    with served(site.var, site.environment) as address:
        yield address


def over(view: View, address: str) -> dict[str, float]:
    """Return what is more than a first view may have."""
    found: dict[str, float] = {
        kind: view.bytes[kind] for kind, most in _BUDGETS.items() if view.bytes[kind] > most
    }
    if view.weight > _FIRST:
        found["weight"] = view.weight
    if len(view.asked) > _REQUESTS:
        found["requests"] = len(view.asked)
    if view.shift > _SHIFT:
        found["shift"] = view.shift
    others = [one for one in view.asked if not one.startswith(f"{address}/")]
    return found | dict.fromkeys(others, 1)


def looker(browser: Browser) -> Witness:
    return Witness(browser.new_context(viewport={"width": 1360, "height": 900}).new_page())


def test_boards_keep_to_their_budgets(address: str) -> None:
    first, second = f"{address}/boards/hundred/", f"{address}/boards/paged/"
    with chromium() as browser:
        reader = looker(browser)
        view = reader.look(first)
        assert (over(view, address), view.bytes["Script"] > 0) == ({}, True)
        again = reader.look(first)
        # Files with a digest in their name are never asked for again; the page says 304.
        assert (again.asked, again.weight < _KB) == ([first], True)
        other = reader.look(second)
        assert (other.asked, other.weight < _AGAIN) == ([second], True)
        assert over(looker(browser).look(second), address) == {}
