"""Asking a site's API, within bounds and without trusting the answer."""

import re
from typing import Any

import httpx
import orjson

from evaluations.errors import AssayError
from leaderboard.cli import credentials

_LARGEST = 8 * 2**20
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_TRIES = 3
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_ERROR, _REDIRECT = 400, 300


def plain(text: object) -> str:
    """Return a server's words without what could steer a terminal."""
    return _CONTROL.sub("", str(text))


def site_of(given: str | None, *, insecure: bool = False) -> str:
    """Return the site's address, as named or as saved by login."""
    site = (given or credentials.saved_site()).rstrip("/")
    if not site:
        raise AssayError("site_missing", "No site is named.", "Use --site, ASSAY_SITE or login.")
    try:
        url = httpx.URL(site)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo:
        raise AssayError("bad_site", f"{plain(site)!r} is no address of a site.")
    if url.scheme == "http" and url.host not in _LOOPBACK and not insecure:
        raise AssayError("insecure_site", f"{site} is not encrypted.", "Use https or --insecure.")
    return site


def ask(
    site: str, method: str, path: str, *, secret: str = "", body: Any = None, key: str = ""
) -> bytes:
    """Return what the API answers; a lost connection is tried again where that is harmless."""
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    if key:
        headers["Idempotency-Key"] = key
    for _ in range(_TRIES):
        try:
            return _once(f"{site}/api/v1/{path}", method, headers, body)
        except httpx.TransportError as error:
            lost = type(error).__name__
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):
            raise AssayError("bad_answer", f"{site} gave an answer that can't be read.") from None
    raise AssayError("site_unreachable", f"{site} could not be reached ({lost}).")


def data(content: bytes) -> dict[str, Any]:
    """Return an answer as a JSON object."""
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise AssayError("bad_answer", "The site's answer is not a JSON object.")
    return found


def _once(url: str, method: str, headers: dict[str, str], body: Any) -> bytes:
    with httpx.stream(
        method, url, headers=headers, json=body, timeout=30, follow_redirects=False
    ) as response:
        content = b""
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > _LARGEST:
                raise AssayError("too_large", "The site's answer is too large.")
    if response.status_code >= _ERROR:
        raise _problem(response.status_code, content)
    if response.status_code >= _REDIRECT:
        raise AssayError("redirected", "The site redirects elsewhere; that is not followed.")
    return content


def _problem(status: int, content: bytes) -> AssayError:
    try:
        told = data(content)
    except AssayError:
        told = {}
    detail = plain(told.get("detail") or f"The site answered with status {status}.")
    return AssayError(plain(told.get("code") or "refused"), detail, plain(told.get("hint") or ""))
