"""A broker without a server: a folder of small files, enough for rings that may be lost or doubled.

Kombu's own `filesystem` transport is no base for it. Its readers take files that are still being
written and its workers die of the decode error, its first binds race for one file, it polls once
a second, and a full disk raises an error of its own. Here a ring appears whole or not at all, who
unlinks it has it, and nothing is bound on disk: Celery rings at the queue itself, so bindings stay
in each process's memory. There is no fan-out, and so no remote control, gossip or events.
"""

import os
import random
from pathlib import Path
from queue import Empty
from typing import Any, ClassVar
from uuid import uuid4

from kombu.transport import virtual
from kombu.utils.json import dumps, loads

#: What is being written begins with this; readers look past it.
_PARTIAL = "."
_DRAIN_SECONDS = 0.5


class Channel(virtual.Channel):  # type: ignore[misc]
    """Queues as folders, messages as files in them, in no order."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._listed: dict[str, list[str]] = {}

    @property
    def _folder(self) -> Path:
        return Path(self.connection.client.transport_options["folder"])

    def _new_queue(self, queue: str, **kwargs: Any) -> None:
        """Make the queue's folder; all who ring or listen do, and none of them can lose a race."""
        (self._folder / queue).mkdir(parents=True, exist_ok=True)

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        """Add a message.

        Raises:
            OSError: if the disk is full; nothing is left of the message then.
        """
        # Somebody may have emptied `var/` since the queue was declared.
        self._new_queue(queue)
        name = uuid4().hex
        partial = self._folder / queue / (_PARTIAL + name)
        try:
            partial.write_text(dumps(message), encoding="utf-8")
            partial.replace(partial.with_name(name))
        except OSError:
            partial.unlink(missing_ok=True)
            raise

    def _get(self, queue: str) -> dict[str, Any]:
        """Take some message.

        Raises:
            Empty: if there is none.
        """
        # One listing serves until it is used up; one for each message would cost n² for n of them.
        names = self._listed.pop(queue, None) or self._names(queue)
        while names:
            message = _take(self._folder / queue / names.pop())
            if message is not None:
                self._listed[queue] = names
                return message
        raise Empty

    def _size(self, queue: str) -> int:
        return len(self._names(queue))

    def _purge(self, queue: str) -> int:
        """Remove all messages and return how many they were."""
        return sum(_remove(self._folder / queue / name) for name in self._names(queue))

    def _names(self, queue: str) -> list[str]:
        try:
            names = os.listdir(self._folder / queue)  # noqa: PTH208  ten times as fast as `iterdir`
        except FileNotFoundError:
            return []  # somebody emptied `var/`; the next ring makes the folder again
        # In the same order, workers would run after the same files.
        random.shuffle(names)
        return [name for name in names if not name.startswith(_PARTIAL)]


class Transport(virtual.Transport):  # type: ignore[misc]
    """`doorbell://`, with the transport option `folder`."""

    Channel = Channel
    polling_interval = 0.1
    driver_type = driver_name = "doorbell"
    #: None; kombu's own name a host, and it warns on each connection that the URL has none.
    default_connection_params: ClassVar[dict[str, Any]] = {}

    def drain_events(self, connection: virtual.Transport, timeout: float | None = None) -> None:
        """Deliver what comes within `timeout` seconds, but return sooner than asked.

        Celery sees that it should stop only between two calls, and makes one more even then.
        """
        super().drain_events(connection, timeout and min(timeout, _DRAIN_SECONDS))

    def driver_version(self) -> str:
        """Return what Celery prints beside the driver's name."""
        return "1"


def _take(path: Path) -> dict[str, Any] | None:
    """Return a message that nobody else gets, or None if it was taken or makes no sense.

    Unlinking is what the kernel grants to one process alone, so a reader holds no lock and leaves
    none behind. A worker that dies between this and its work loses a ring, as it may.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        text = ""
    if not _remove(path):
        return None
    try:
        message: dict[str, Any] = loads(text)
    except ValueError:
        return None  # a machine that lost its power leaves such files
    return message


def _remove(path: Path) -> bool:
    """Unlink a file and say whether this process did it."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True
