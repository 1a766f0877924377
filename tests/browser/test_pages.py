"""Every page in a real browser: it fits a phone, obeys its own policy, and asks nobody else."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request
from pytest_django.live_server_helper import LiveServer

from evaluations.needs import Needs
from tests.browser.chromium import chromium
from tests.compared import make_measured, make_scored
from tests.factories import (
    make_board,
    make_model,
    make_result,
    make_revision,
    make_submission,
    make_unit,
    make_worker,
)
from tests.samples import by_filter, choice, make_sampled, written

pytestmark = pytest.mark.django_db(transaction=True)
_PHONE, _DESK = 375, 1360
_LONG = "a-model-with-a-name-that-goes-on-and-on" + "-and-on" * 8


@pytest.fixture
def addresses() -> list[str]:
    """Make something to show on every page and return the pages' paths."""
    board = make_board("words", benchmarks=("patterns", "sums", "kiswahili"))
    result = make_result(board=board, value=0.7, revision=make_revision(make_model(_LONG)))
    make_result(board=board, value=0.3)
    make_revision(make_model("نموذج-" * 20), metadata={"language": ["ar"], "tags": [_LONG]})
    failed = make_submission(
        board=board, state="failed", failure_code="nan_logits", failure_detail="<b>3 weights</b>"
    )
    running = make_submission(board=board, state="running")
    make_unit(running.run, _LONG)
    make_worker(memory=0, run=running.run)
    waiting = make_submission(board=board, revision=make_revision(make_model(_LONG + "-too")))
    waiting.run.needs = Needs(memory=10**12, tags=("gpu",)).as_json()
    waiting.run.save()
    make_board("empty")
    make_board("draft", draft=True)
    word = "w" * 400
    texts = by_filter([written(0, word, word, word)])
    measured = make_measured([_LONG], title=_LONG, withheld=())
    pins = [
        make_scored(measured, {_LONG: each}, name=f"{_LONG}/{_LONG}-{n}", questions={0: word})
        for n, each in enumerate(([1, 0], [0, 1], [1, 1]))
    ]
    compared = "/compare/?" + "&".join(f"pin={one.public_id}" for one in pins)
    sampled = make_sampled({"choosing": [choice(0, word, [word, word])], _LONG: texts})
    return [
        "/",
        "/boards/words/",
        "/boards/words/history/",
        "/boards/empty/",
        "/boards/draft/",
        f"/results/{result.public_id}/",
        f"/submissions/{failed.public_id}/",
        f"/submissions/{running.public_id}/",
        f"/submissions/{waiting.public_id}/",
        f"/models/local/{_LONG}/",
        "/benchmarks/",
        "/benchmarks/patterns/",
        "/languages/",
        "/languages/ar/",
        "/status/",
        f"/results/{sampled.public_id}/samples/",
        f"/results/{sampled.public_id}/samples/?task={_LONG}",
        f"/results/{sampled.public_id}/samples/choosing/0/",
        f"/results/{sampled.public_id}/samples/{_LONG}/0/",
        "/compare/",
        compared,
        f"/compare/?pin={pins[0].public_id}",
        "/queue/",
        "/accounts/login/",
        "/nowhere/",
    ]


@pytest.fixture
def browser(addresses: list[str]) -> Iterator[Browser]:
    """Start Chromium, after the data: Playwright's event loop keeps Django's ORM out."""
    with chromium() as started:
        yield started


@dataclass
class Witness:
    """What a page did besides showing itself."""

    origin: str
    complaints: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._asked)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "404" not in message.text:
            self.complaints.append(message.text)

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).netloc != self.origin:
            self.elsewhere.append(request.url)


@pytest.mark.parametrize("width", [_PHONE, _DESK])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_and_keep_to_themselves(
    live_server: LiveServer, browser: Browser, addresses: list[str], width: int, scheme: str
) -> None:
    witness = Witness(urlsplit(live_server.url).netloc)
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    witness.watch(page)
    wide = []
    for address in addresses:
        page.goto(live_server.url + address)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(address)
        assert page.locator("h1").count() == 1, address
    assert (wide, witness.complaints, witness.elsewhere) == ([], [], [])


def test_board_reads_and_sorts_without_javascript(
    live_server: LiveServer, browser: Browser, tmp_path: Path
) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{live_server.url}/boards/words/")
    first = page.locator("tbody tr").first
    assert _LONG in first.inner_text()
    page.locator("thead a", has_text="Score").click()
    assert _LONG not in page.locator("tbody tr").first.inner_text()
    assert page.locator("th[aria-sort]").count() == 1
