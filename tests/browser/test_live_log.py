"""The log of a submission at work grows under the reader's eyes, and never takes their place."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from evaluations.models import Run
from tests.browser.chromium import chromium
from tests.factories import make_submission

pytestmark = pytest.mark.django_db(transaction=True)
_LINES = [f"{number:03d} a line" + " that is long" * (number % 5) for number in range(80)]


@pytest.fixture
def run() -> Run:
    """Make a run whose log has fifty lines."""
    run: Run = make_submission(state="planning").run
    run.log_tail = "\n".join(_LINES[:50])
    run.save()
    return run


@pytest.fixture
def browser(run: Run) -> Iterator[Browser]:
    """Start Chromium, after the data: Playwright's event loop keeps Django's ORM out."""
    with chromium() as started:
        yield started


def write_log(run: Run, lines: list[str]) -> None:
    """Let a worker write, from a thread that has no event loop."""

    def write() -> None:
        Run.objects.filter(pk=run.pk).update(log_tail="\n".join(lines))
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(write).result()


def open_log(browser: Browser, live_server: LiveServer, run: Run, *, scripts: bool = True) -> Page:
    page = browser.new_context(java_script_enabled=scripts).new_page()
    # The page asks every five seconds; its clock is turned on instead of waited for.
    page.clock.install()
    page.goto(f"{live_server.url}/submissions/{run.submission.public_id}/")
    return page


def go_on(page: Page, text: str) -> None:
    with page.expect_response("**fragment=1"):
        page.clock.run_for(5_100)
    page.locator(".log pre", has_text=text).wait_for()


def top_line(page: Page) -> str:
    """Return the first line that is whole in the log's box, with how far below its top it is."""
    return page.evaluate(  # type: ignore[no-any-return]
        """() => {
          const box = document.querySelector('.log'), text = box.querySelector('pre').firstChild;
          const top = box.getBoundingClientRect().top;
          for (let at = 0; at < text.length; at = text.data.indexOf('\\n', at) + 1) {
            const range = document.createRange();
            range.setStart(text, at); range.setEnd(text, at + 3);
            const below = range.getBoundingClientRect().top - top;
            if (below >= 0) return range.toString() + ' ' + Math.round(below);
          }
        }"""
    )


def test_log_that_grows_keeps_the_line_that_is_read(
    live_server: LiveServer, browser: Browser, run: Run
) -> None:
    page = open_log(browser, live_server, run)
    page.locator(".log").focus()
    page.evaluate("document.querySelector('.log').scrollTop = -300")
    before = top_line(page)
    write_log(run, _LINES[8:58])
    go_on(page, "057 a line")
    assert top_line(page) == before
    # Who reads with the keyboard keeps the focus too.
    assert page.evaluate("document.activeElement.className") == "log"


def test_log_follows_its_end_for_who_stays_there(
    live_server: LiveServer, browser: Browser, run: Run
) -> None:
    page = open_log(browser, live_server, run)
    write_log(run, _LINES[8:58])
    go_on(page, "057 a line")
    assert page.evaluate("document.querySelector('.log').scrollTop") == 0
    assert "000 a line" not in page.locator(".log pre").inner_text()


def test_first_lines_of_a_log_appear(live_server: LiveServer, browser: Browser, run: Run) -> None:
    write_log(run, [])
    page = open_log(browser, live_server, run)
    assert page.locator(".log").is_hidden()
    write_log(run, _LINES[:2])
    go_on(page, "001 a line")
    assert page.locator(".log").is_visible()


def test_log_is_read_by_reloading_without_javascript(
    live_server: LiveServer, browser: Browser, run: Run
) -> None:
    page = open_log(browser, live_server, run, scripts=False)
    write_log(run, _LINES[8:58])
    page.get_by_role("link", name="Refresh").click()
    assert "057 a line" in page.locator(".log pre").inner_text()
