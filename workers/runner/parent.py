"""Ending with one's parent, so that a killed worker leaves no process behind."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask the kernel to kill this process when the thread that started it ends (Linux only).

    Elsewhere the end of standard input is what ends a runner, after its current step.
    """
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        # The parent ended between the two lines above, before the kernel knew of our wish.
        os.kill(os.getpid(), signal.SIGKILL)
