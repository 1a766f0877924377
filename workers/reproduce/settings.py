"""What a runner needs to know outside a site: where nothing of one lies, and whether to confine."""

import os
from pathlib import Path

from django.conf import settings


def configure(slot: Path, *, sandbox: str) -> None:
    """Let `workers.runner` work without a site: there is no database and there are no secrets.

    Args:
        slot: what the runner sees; nothing of a site lies beside it.
        sandbox: what `ASSAY_SANDBOX` is where the person hasn't set it.
    """
    settings.configure(
        VAR=slot.parent / "no-site", ASSAY_SANDBOX=os.environ.get("ASSAY_SANDBOX", sandbox)
    )
