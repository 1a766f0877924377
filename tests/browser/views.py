"""What one look at a page costs: bytes on the wire, requests, time, shifts."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

#: Begun in the page before anything of it is drawn.
_WATCH = """
window.seen = {paint: 0, shift: 0};
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) seen.paint = entry.startTime;
}).observe({type: "largest-contentful-paint", buffered: true});
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) seen.shift += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""
#: The browser tells of a paint some time after it.
_PAINTED = """new Promise((done) => {
  const look = () => seen.paint > 0 ? done(seen) : setTimeout(look, 20);
  look();
})"""


@dataclass
class View:
    """One look at a page.

    Attributes:
        bytes: on the wire, headers included, by kind of resource as Chromium names them.
        asked: addresses of requests that left the browser.
        paint: when the largest part was painted, in milliseconds.
        shift: how much the page's parts moved, by the browser's own measure.
    """

    bytes: Counter[str] = field(default_factory=Counter)
    asked: list[str] = field(default_factory=list)
    paint: float = 0.0
    shift: float = 0.0

    @property
    def weight(self) -> int:
        """All bytes."""
        return self.bytes.total()


class Witness:
    """Counts what a page loads."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._kinds: dict[str, tuple[str, str]] = {}
        self._view = View()
        page.context.add_init_script(_WATCH)
        self.wire = page.context.new_cdp_session(page)
        self.wire.send("Network.enable")
        self.wire.on("Network.responseReceived", self._answered)
        self.wire.on("Network.loadingFinished", self._finished)

    def look(self, address: str) -> View:
        """Go to a page and wait until nothing is loaded any more."""
        self._view = View()
        self.page.goto(address, wait_until="networkidle")
        seen = self.page.evaluate(_PAINTED)
        self._view.paint, self._view.shift = seen["paint"], seen["shift"]
        return self._view

    def _answered(self, event: dict[str, Any]) -> None:
        self._kinds[event["requestId"]] = (event["type"], event["response"]["url"])

    def _finished(self, event: dict[str, Any]) -> None:
        kind, address = self._kinds.get(event["requestId"], ("Other", ""))
        # What the browser has kept costs nothing.
        if event["encodedDataLength"]:
            self._view.bytes[kind] += int(event["encodedDataLength"])
            self._view.asked.append(address)
