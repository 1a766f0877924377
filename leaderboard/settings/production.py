"""The default: a laptop with nothing set, or a server with everything set."""

from leaderboard.settings import env
from leaderboard.settings.base import *  # noqa: F403

#: Set behind a proxy that speaks HTTPS and sets X-Forwarded-Proto.
if env.switch("ASSAY_HTTPS", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    # Probes come from inside, without the proxy.
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = 31_536_000
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
