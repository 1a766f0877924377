"""Debian's Chromium, as tests and measurements start it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium, after the data: Playwright's event loop keeps Django's ORM out."""
    if PROGRAM is None:
        pytest.skip("Chromium isn't installed")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=PROGRAM, args=ARGUMENTS)
        yield started
        started.close()
