"""What this worker has: memory, disk, and the tags that a run may need."""

import os
import shutil
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path

from django.conf import settings
from packaging.requirements import Requirement

from evaluations.needs import CODE, GPU, NETWORK, Offers, engine_tag, extra_tag
from workers import engine_lock
from workers.isolation import NONE

_GB = 10**9
#: Where a container's limit stands, in the second and the first version of control groups.
_CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def offers(isolation: str) -> Offers:
    """Return what this worker has just now; the disk fills and empties.

    Args:
        isolation: what confines its runners; code that a model wrote is run in a sandbox only.
    """
    disk = shutil.disk_usage(settings.VAR).free
    return Offers(memory=memory(), disk=disk, tags=_tags(isolation))


def _tags(isolation: str) -> frozenset[str]:
    tags = {engine_tag(engine_lock.digest()), *map(extra_tag, extras())}
    if settings.ASSAY_WORKER_NETWORK:
        tags.add(NETWORK)
    if settings.ASSAY_UNSAFE_CODE and isolation != NONE:
        tags.add(CODE)
    if Path("/dev/nvidia0").exists():
        tags.add(GPU)
    return frozenset(tags)


@cache
def memory() -> int:
    """Return the bytes that this worker may use: what the operator says, else the machine's."""
    if settings.ASSAY_WORKER_MEMORY_GB:
        return int(settings.ASSAY_WORKER_MEMORY_GB) * _GB
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [_limit(path) for path in _CGROUP_LIMITS]
    return min([machine, *(limit for limit in limits if limit)])


def _limit(path: Path) -> int:
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError:
        return 0
    return int(text) if text.isdecimal() else 0


@cache
def extras() -> list[str]:
    """Return the extras of lm-eval that are installed whole, in versions that will do."""
    return [name for name in metadata("lm_eval").get_all("Provides-Extra") or [] if _has(name)]


def _has(extra: str) -> bool:
    wanted = [Requirement(text) for text in requires("lm_eval") or []]
    of_extra = [
        r for r in wanted if r.marker and r.marker.evaluate({"extra": extra})
        and not r.marker.evaluate({"extra": ""})
    ]  # fmt: skip
    return bool(of_extra) and all(_installed(requirement) for requirement in of_extra)


def _installed(requirement: Requirement) -> bool:
    try:
        return version(requirement.name) in requirement.specifier
    except PackageNotFoundError:
        return False
