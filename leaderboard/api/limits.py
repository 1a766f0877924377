"""How much one reader may ask for in a minute, told in the headers of the IETF's draft.

draft-ietf-httpapi-ratelimit-headers-10: `RateLimit-Policy` names the quota and its window,
`RateLimit` what is left of it and when it begins anew.
"""

import logging
import time
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase
from redis.exceptions import RedisError

from evaluations.errors import AssayError
from leaderboard.api.access import token_of

_log = logging.getLogger(__name__)
_WINDOW = 60
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a reader has left.

    Attributes:
        policy: `read` or `write`.
        quota: requests in a minute.
        used: this one included.
        reset: seconds until it begins anew.
    """

    policy: str
    quota: int
    used: int
    reset: int

    def check(self) -> None:
        """Refuse what is too much.

        Raises:
            AssayError: `rate_limited`.
        """
        if self.used > self.quota:
            raise AssayError(
                "rate_limited",
                f"More than {self.quota} requests ({self.policy}) in a minute.",
                f"Wait {self.reset} seconds; the header Retry-After says how long.",
            )

    def mark(self, response: HttpResponseBase) -> None:
        """Tell the reader."""
        left = max(0, self.quota - self.used)
        response.headers["RateLimit-Policy"] = f'"{self.policy}";q={self.quota};w={_WINDOW}'
        response.headers["RateLimit"] = f'"{self.policy}";r={left};t={self.reset}'
        if self.used > self.quota:
            response.headers["Retry-After"] = str(self.reset)


def spend(request: HttpRequest) -> Allowance | None:
    """Count a request; None where there is no limit."""
    policy = "read" if request.method in _READS else "write"
    quota = settings.ASSAY_RATE_READ if policy == "read" else settings.ASSAY_RATE_WRITE
    if not quota:
        return None
    window, passed = divmod(_now(), _WINDOW)
    used = _count(f"rate:{policy}:{window}:{_who(request)}")
    return Allowance(policy, quota, used, _WINDOW - passed)


def _now() -> int:
    return int(time.time())


def _who(request: HttpRequest) -> str:
    token = token_of(request)
    return f"token:{token.pk}" if token else f"address:{_address(request)}"


def _address(request: HttpRequest) -> str:
    """Return whose address it is: what a reader writes into the header himself is not believed."""
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    proxies = settings.ASSAY_PROXIES
    if proxies and len(hops) >= proxies and (client := hops[-proxies].strip()):
        return client
    return str(request.META.get("REMOTE_ADDR", ""))


def _count(key: str) -> int:
    """Count one up, in one step of the cache's; without a cache nobody is limited."""
    try:
        # It may end between the two steps; then the next minute has begun.
        return 1 if cache.add(key, 1, 2 * _WINDOW) else cache.incr(key)
    except ValueError:
        return 1
    except (RedisError, OSError) as error:
        _log.warning("The cache can't count requests (%s); nobody is limited.", error)
        return 1
