"""Asking a site's API: what passes is tried again, everything else is told in plain words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import sleep
from typing import Any

import httpx

from evaluations.errors import AssayError
from leaderboard.cli.exchange import Answer, Question, exchange
from leaderboard.cli.exits import IncompleteError
from leaderboard.cli.problems import problem
from leaderboard.cli.terminal import line, say

#: A site that asks for more than this is not waited for.
_LONGEST_ASKED = 300.0
_ERROR, _REDIRECT = 400, 300
#: Shorter ones are no site's, and may be a part of any word.
_SHORTEST_TOKEN = 16


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a question is asked again, with pauses that double up to the longest.

    Attributes:
        repeats: after the first time.
        longest: seconds.
    """

    repeats: int
    longest: float

    def pauses(self) -> Iterator[float | None]:
        """Yield the seconds to wait after each failure; None after the last."""
        for number in range(self.repeats):
            yield min(2.0**number, self.longest)
        yield None


#: For a person before a prompt, who waits a quarter of a minute.
SHORT = Patience(4, 8.0)
#: While an evaluation goes on, which takes hours: the site may be away for a quarter of an hour.
LONG = Patience(33, 30.0)


class _PassingError(IncompleteError):
    """The site can't answer now; `after`: the seconds that it asks for, None if it doesn't."""

    def __init__(self, code: str, detail: str, hint: str = "", after: float | None = None) -> None:
        super().__init__(code, detail, hint)
        self.after = after


def ask(
    site: str,
    method: str,
    path: str,
    *,
    secret: str = "",
    body: Any = None,
    key: str = "",
    patience: Patience = SHORT,
) -> bytes:
    """Return what the API answers. A POST that makes something needs a key to be repeatable.

    Raises:
        RefusedError: if a check of the site's failed.
        IncompleteError: if the site could not answer, however often it was asked.
        AssayError: for everything else that is no good answer.
    """
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    question = Question(
        method,
        f"{site}/api/v1/{path}",
        headers | ({"Idempotency-Key": key} if key else {}),
        body,
    )
    for pause in patience.pauses():
        try:
            return _once(site, question, secret)
        except _PassingError as passing:
            if pause is None or (passing.after or 0) > _LONGEST_ASKED:
                raise
            wait = max(pause, passing.after or 0)
            say(f"{passing.detail} Trying again in {wait:.0f} s.")
            sleep(wait)
    raise AssertionError  # the last pause is None


def _once(site: str, question: Question, secret: str) -> bytes:
    try:
        answer = exchange(question)
    except (httpx.TransportError, TimeoutError) as error:
        reason = line(error) or type(error).__name__
        raise _PassingError(
            "site_unreachable", f"{site} could not be reached ({reason})."
        ) from None
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):
        raise AssayError("bad_answer", f"{site} gave an answer that can't be read.") from None
    content = _without(secret, answer.content)
    if answer.status >= _ERROR:
        raise _told(site, answer, content)
    if answer.status >= _REDIRECT:
        raise AssayError(
            "redirected",
            f"{site} redirects to another address; that is not followed.",
            "If the site has moved, name its new address.",
        )
    return content


def _without(secret: str, content: bytes) -> bytes:
    """Return an answer in which the token is not repeated: answers are printed and logged."""
    if len(secret) < _SHORTEST_TOKEN:
        return content
    return content.replace(secret.encode(), b"(token)")


def _told(site: str, answer: Answer, content: bytes) -> AssayError:
    error = problem(site, answer.status, content)
    if not isinstance(error, IncompleteError) or error.code == "too_many_open":
        return error
    return _PassingError(error.code, error.detail, error.hint, _after(answer))


def _after(answer: Answer) -> float | None:
    """Read Retry-After, seconds or a date (RFC 9110, section 10.2.3); None if it says nothing."""
    said = answer.headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdecimal():
        return float(said[:9])
    try:
        until = parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return None
    moment = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
