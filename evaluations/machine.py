"""What a reader must know of a machine: processor and installed packages. No torch is needed."""

import importlib.metadata
import platform
from pathlib import Path


def packages() -> dict[str, str]:
    """Return the installed packages' versions, by name in small letters, sorted."""
    found = {d.metadata["Name"].lower(): d.version for d in importlib.metadata.distributions()}
    return dict(sorted(found.items()))


def processor() -> str:
    """Return the processor's name; the kernel tells it, Python's `platform` does not."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
