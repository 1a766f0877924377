"""What a runner may use of its host, held by the kernel; and telling that memory ran out.

Pure Python, so that both ends of the pipe can import it.
"""

import contextlib
import errno
import os
import re
import resource
from dataclasses import dataclass
from pathlib import Path

from workers.runner.seccomp import refuse_namespaces

_GIB = 1 << 30
#: torch, lm-eval and the smallest model take 0.6 GB; with less, libraries hang instead of failing.
LEAST_MEMORY = _GIB
_SAID = re.compile(
    r"can't allocate memory|cannot allocate memory|not enough memory|out of memory"
    r"|memory allocation of \d+ bytes failed|std::bad_alloc|bad allocation|capacity overflow"
    r"|can't start new thread|thread creation failed|\bMemoryError\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one process and of what it starts.

    Attributes:
        memory: bytes that a process may allocate, `LEAST_MEMORY` at least; files that are only
            mapped don't count.
        file_size: bytes of the largest file that it may write, its log included.
        processes: how many there may be, threads included; None where the user's other processes
            would count too, outside the sandbox.
        open_files: how many files it may hold open.
        cpu_seconds: processor time until it is killed; None for no limit.
    """

    memory: int
    file_size: int = 1 << 33
    processes: int | None = 1024
    open_files: int = 1024
    cpu_seconds: int | None = None

    def apply(self) -> None:
        """Hold this process, and all it will start, to the limits; they can't be raised again."""
        _set(resource.RLIMIT_CORE, 0)
        _set(resource.RLIMIT_FSIZE, self.file_size)
        _set(resource.RLIMIT_NOFILE, self.open_files)
        if self.processes is not None:
            _set(resource.RLIMIT_NPROC, self.processes)
        if self.cpu_seconds is not None:
            _set(resource.RLIMIT_CPU, self.cpu_seconds)
        memory = max(self.memory, LEAST_MEMORY)
        _set(resource.RLIMIT_DATA, memory)
        # Shared memory is not counted as data. Weights are mapped while they are read, and the C
        # library reserves half a gigabyte a processor without using it.
        _set(resource.RLIMIT_AS, 2 * memory + (4 + (os.cpu_count() or 1)) * _GIB)
        _volunteer()
        refuse_namespaces()


def _set(kind: int, value: int) -> None:
    """Set a limit for good; one that is already lower stays."""
    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def _volunteer() -> None:
    """Be the first to go, should the host itself run out of memory."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def is_out_of_memory(error: BaseException | None) -> bool:
    """Whether memory ran out, as Python, the kernel, torch or a Rust library says it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
            return True
        if isinstance(error, OSError) and error.errno == errno.ENOMEM:
            return True
        # Libraries wrap it in errors of their own, and a panic of Rust's is no `Exception`.
        if not isinstance(error, OSError) and says_out_of_memory(str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False


def says_out_of_memory(text: str) -> bool:
    """Whether an error's words, or a log's end, say that memory ran out.

    Libraries in Rust and C++ end the whole process then, and say so in the log only.
    """
    return _SAID.search(text) is not None
