"""`make screenshots`: every page of an invented site, in light, dark, on a phone and in Arabic.

The site has a state folder of its own for as long as this runs; nothing of a site on this machine
is read or written, but for the folder with the pictures.
"""

import argparse
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from playwright.sync_api import Browser, BrowserContext

from tests.browser.chromium import chromium
from tests.browser.served import served
from tests.performance import sites
from tests.servers import ROOT

if TYPE_CHECKING:
    # It needs Django, which is set up once the state folder is known.
    from tests.browser.showcase import Showcase

_DESK, _PHONE = 1360, 390
#: What a picture shows at most; a board of a hundred rows would be a strip.
_TALLEST = 2400
#: Those in the README, as name, mode, and height in CSS pixels.
_BEST = (("board", "light", 860), ("result", "dark", 860), ("sample", "light", 760))
_QUALITY = 80


class Mode(NamedTuple):
    """How pages are looked at."""

    name: str
    width: int
    dark: bool = False
    language: str = "en"


_MODES = (
    Mode("light", _DESK),
    Mode("dark", _DESK, dark=True),
    Mode("phone", _PHONE),
    Mode("arabic", _DESK, language="ar"),
)


def main() -> None:
    """Take the pictures and say where they are."""
    arguments = _arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="assay-screenshots-") as folder:
        sites.alone(Path(folder))
        site = _filled()
        with served(Path(folder), os.environ) as address, chromium() as browser:
            for mode in _MODES:
                _take(browser, address, site, mode, arguments.out)
            if arguments.best:
                arguments.best.mkdir(parents=True, exist_ok=True)
                _take_best(browser, address, site, arguments.best)
    print(f"{len(site.pages) * len(_MODES)} pictures are in {arguments.out}.")  # noqa: T201


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.screenshots")
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "screenshots")
    parser.add_argument("--best", type=Path, help="also take those in the README, into this folder")
    return parser.parse_args()


def _filled() -> "Showcase":
    from django.core.management import call_command

    from evaluations.services.ranking import rank_changed
    from tests.browser import showcase

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    made = showcase.make()
    rank_changed()
    return made


def _context(browser: Browser, mode: Mode) -> BrowserContext:
    return browser.new_context(
        viewport={"width": mode.width, "height": 900},
        color_scheme="dark" if mode.dark else "light",
        locale=mode.language,
    )


def _take(browser: Browser, address: str, site: "Showcase", mode: Mode, out: Path) -> None:
    context = _context(browser, mode)
    page = context.new_page()
    for name, path in site.pages.items():
        site.enter(context, address, name)
        page.goto(address + path)
        tall = min(_TALLEST, page.evaluate("document.documentElement.scrollHeight"))
        page.screenshot(
            path=out / f"{name}-{mode.name}.png",
            full_page=True,
            clip={"x": 0, "y": 0, "width": mode.width, "height": tall},
        )
    context.close()


def _take_best(browser: Browser, address: str, site: "Showcase", out: Path) -> None:
    modes = {mode.name: mode for mode in _MODES}
    for name, mode, height in _BEST:
        context = _context(browser, modes[mode])
        page = context.new_page()
        page.set_viewport_size({"width": _DESK, "height": height})
        page.goto(address + site.pages[name])
        page.screenshot(path=out / f"{name}.jpg", type="jpeg", quality=_QUALITY)
        context.close()


if __name__ == "__main__":
    main()
