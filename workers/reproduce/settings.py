"""What a runner needs to know outside a site: where nothing of one lies, and whether to confine."""

import os
from pathlib import Path

from django.conf import settings


def configure(slot: Path) -> None:
    """Let `workers.runner` work without a site: there is no database and there are no secrets."""
    settings.configure(
        VAR=slot.parent / "no-site", ASSAY_SANDBOX=os.environ.get("ASSAY_SANDBOX", "auto")
    )
