"""A site's address: the one way of writing it, so that equal sites are equal texts."""

from ipaddress import ip_address

import httpx

from evaluations.errors import AssayError
from leaderboard.cli.terminal import quoted


def canonical(site: str) -> str:
    """Return a site's address as it is compared, kept and asked.

    Raises:
        AssayError: `bad_site`, if it is none.
    """
    try:
        url = httpx.URL(site.strip())
        usable = url.scheme in {"http", "https"} and url.host and not url.userinfo
    except (httpx.InvalidURL, UnicodeError, ValueError):
        usable = False
    if not usable or url.query or url.fragment:
        raise AssayError(
            "bad_site",
            f"{quoted(site)} is no address of a site.",
            "Write it as in https://board.example.",
        )
    return str(url).rstrip("/")


def is_this_machine(site: str) -> bool:
    """Tell whether a site runs here, so that nobody listens in between."""
    host = httpx.URL(site).host
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def allowed(site: str, *, insecure: bool) -> str:
    """Return a site's address, if it may be spoken to.

    Raises:
        AssayError: `insecure_site`, where others could read along.
    """
    address = canonical(site)
    if address.startswith("http:") and not is_this_machine(address) and not insecure:
        raise AssayError(
            "insecure_site", f"{address} is not encrypted.", "Use https, or say --insecure."
        )
    return address
