"""Waiting for slow work in a thread while the worker renews its leases."""

import threading
from collections.abc import Callable, Generator
from typing import TypeVar

_WAIT_SECONDS = 0.5

T = TypeVar("T")


def in_background(work: Callable[[threading.Event], T]) -> Generator[None, None, T]:
    """Yield while a thread works, then return what it returned or raise what it raised.

    Args:
        work: gets an event that is set when nobody waits any more; it should end soon then.
    """
    left = threading.Event()
    returned: list[T] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            returned.append(work(left))
        except BaseException as error:  # noqa: BLE001  raised again where the stage can hear it
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(_WAIT_SECONDS)
            yield
    finally:
        left.set()
    if raised:
        raise raised[0]
    return returned[0]
