"""What Celery is told of the broker: it carries rings, which may be lost or doubled safely."""

from pathlib import Path
from typing import Any

from kombu.transport import TRANSPORT_ALIASES

# Before the first connection: kombu looks a URL's scheme up here.
TRANSPORT_ALIASES["doorbell"] = "leaderboard.doorbell:Transport"

_ALWAYS = {
    "task_ignore_result": True,
    # Acknowledge early: a redelivered message after a visibility timeout would only ring twice.
    "task_acks_late": False,
    "worker_prefetch_multiplier": 1,
    "broker_connection_retry_on_startup": True,
    # Remote control is a second way in, needs fan-out (the doorbell has none) and steers nothing
    # that isn't in the database.
    "worker_enable_remote_control": False,
}
_REDIS = {
    # An acknowledgement that fails while Redis is away counts as work in hand for ever, and a
    # worker with a limit never hears a ring again (kombu 5.7). A solo worker takes a ring only
    # when it is idle, limit or not.
    "worker_prefetch_multiplier": 0,
    # A host that swallows packets must not hold up a page, nor a dead connection deafen a worker.
    "broker_transport_options": {
        "socket_connect_timeout": 3,
        "socket_keepalive": True,
        "health_check_interval": 25,
    },
}


def settings_for(url: str, *, doorbell: Path) -> dict[str, Any]:
    """Return Celery's settings for a broker.

    Args:
        url: the broker's address.
        doorbell: the folder that `doorbell://` rings in.
    """
    if url.startswith("doorbell:"):
        return _ALWAYS | {"broker_transport_options": {"folder": str(doorbell)}}
    return _ALWAYS | (_REDIS if url.startswith(("redis:", "rediss:")) else {})
