"""Whether this host's runners are confined, as the operator wants it."""

from django.conf import settings

from workers.runner import sandbox

BUBBLEWRAP = "bubblewrap"
NONE = "none"


class SandboxMissingError(Exception):
    """The operator requires the sandbox, and it doesn't work here."""


def isolation() -> str:
    """Return what confines runners here: `bubblewrap` or `none`.

    Raises:
        SandboxMissingError: if `ASSAY_SANDBOX` is `require` and bubblewrap doesn't work here.
    """
    if settings.ASSAY_SANDBOX == "off":
        return NONE
    reason = sandbox.available()
    if reason and settings.ASSAY_SANDBOX == "require":
        raise SandboxMissingError(
            f"ASSAY_SANDBOX is require, but {reason}. Install bubblewrap 0.8 or later and allow "
            "it to make namespaces; or set ASSAY_SANDBOX to auto or off."
        )
    return NONE if reason else BUBBLEWRAP
