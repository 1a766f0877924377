"""Fetching a bundle from a site, to a file, within bounds."""

import re
from pathlib import Path

import httpx

from evaluations.errors import AssayError
from evaluations.provenance.members import Limits
from evaluations.provenance.trust import Fetch

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_BUNDLE = re.compile(r"(?P<site>https?://[^?#]+?)/results/(?P<id>[A-Za-z0-9_-]+)/?")
_FILE = re.compile(r"(?P<site>https?://[^?#]+?)/results/[A-Za-z0-9_-]+/bundle\.tar")
_TIMEOUT = httpx.Timeout(30.0)
#: The log is asked for much, and is never worth waiting for long.
_LOG_TIMEOUT = httpx.Timeout(10.0)
_LOG_BYTES = 1 << 20
_NOT_FOUND = 404


def bundle_url(source: str, site: str | None) -> str:
    """Return the address of a bundle, given it, a result's page or a result's ID with its site.

    Raises:
        AssayError: if it is none of them, or an ID without a site.
    """
    if source.startswith(("http://", "https://")):
        page = _BUNDLE.fullmatch(source)
        if page is None:
            return source
        root = page["site"].removesuffix("/api/v1")
        return f"{root}/api/v1/results/{page['id']}/bundle.tar"
    if not _ID.fullmatch(source):
        raise AssayError(
            "no_such_source", f"There is no file {source!r}, and it is no address or result ID."
        )
    if not site:
        raise AssayError(
            "site_missing",
            f"There is no file {source!r} here, and no site to look for a result of this ID.",
            "Name the site with --site or in ASSAY_SITE, or give the result's address.",
        )
    if not site.startswith(("http://", "https://")):
        raise AssayError("bad_site", f"The site {site!r} does not begin with http:// or https://.")
    return f"{site.rstrip('/')}/api/v1/results/{source}/bundle.tar"


def site_of(source: str, site: str | None) -> str | None:
    """Return the site whose log is meant: the one that is named, else the one of a result's page.

    Args:
        source: what is to be verified.
        site: as it was named, or None.
    """
    if site:
        return site.rstrip("/")
    page = _BUNDLE.fullmatch(source) or _FILE.fullmatch(source)
    return page["site"].removesuffix("/api/v1") if page else None


def log_of(site: str) -> Fetch:
    """Return what reads the files of a site's log."""
    client = httpx.Client(timeout=_LOG_TIMEOUT, follow_redirects=True)

    def fetch(path: str) -> bytes:
        url = f"{site}/{path}"
        try:
            with client.stream("GET", url) as response:
                if response.status_code == _NOT_FOUND:
                    raise LookupError(url)
                response.raise_for_status()
                return _whole(response)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            reason = str(error).split("\n")[0] or type(error).__name__
            raise OSError(f"{url}: {reason}") from None

    return fetch


def _whole(response: httpx.Response) -> bytes:
    made = bytearray()
    for chunk in response.iter_bytes():
        made += chunk
        if len(made) > _LOG_BYTES:
            raise OSError(f"{response.url} has more than {_LOG_BYTES} bytes")
    return bytes(made)


def download(url: str, target: Path, *, max_size: int = Limits().total_size) -> None:
    """Write what an address holds to a file.

    Raises:
        AssayError: if it cannot be fetched, or is larger than `max_size` bytes.
    """
    try:
        with httpx.stream("GET", url, follow_redirects=True, timeout=_TIMEOUT) as response:
            if response.status_code == _NOT_FOUND:
                raise AssayError("no_such_result", f"{url} does not exist (404).")
            response.raise_for_status()
            _save(response, target, max_size)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        reason = str(error).split("\n")[0] or type(error).__name__
        raise AssayError("download_failed", f"{url} could not be fetched: {reason}") from None
    except OSError as error:
        raise AssayError("download_failed", f"The bundle could not be saved: {error}") from None


def _save(response: httpx.Response, target: Path, max_size: int) -> None:
    size = 0
    with target.open("wb") as file:
        for chunk in response.iter_bytes():
            size += len(chunk)
            if size > max_size:
                raise AssayError("too_large", f"{response.url} has more than {max_size} bytes.")
            file.write(chunk)
