"""What a run needs and what a worker offers; a claim is made only where the two fit."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

#: Tags: reaching the hub, a GPU, and running code that a model wrote.
NETWORK, GPU, CODE = "network", "gpu", "unsafe-code"
#: What torch, lm-eval and the prompts take beside the weights, in bytes.
_BESIDE_WEIGHTS = 1_500_000_000
_FLOAT32 = 4
#: Activations and fragments, as a share of the weights.
_OVERHEAD = 1.25
#: What a runner may take at most, as a multiple of the estimate: vocabularies and prompts differ.
_ROOM = 4


def extra_tag(name: str) -> str:
    """Return the tag for an extra of lm-eval."""
    return f"extra:{name}"


def engine_tag(digest: str) -> str:
    """Return the tag for the software that answers."""
    return f"engine:{digest[:16]}"


@dataclass(frozen=True, slots=True)
class Needs:
    """What a run needs of its worker.

    Attributes:
        memory, disk: bytes.
        tags: words that the worker must offer, such as `network`, `extra:math`, or
            `engine:<digest>` for the software that answered a part already.
    """

    memory: int = 0
    disk: int = 0
    tags: tuple[str, ...] = ()

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """Return what `as_json` wrote; what is missing is needed by nobody."""
        return cls(
            int(stored.get("memory", 0)), int(stored.get("disk", 0)), tuple(stored.get("tags", ()))
        )

    def as_json(self) -> dict[str, Any]:
        """Return it as the database keeps it."""
        return {**asdict(self), "tags": sorted(self.tags)}

    def limit(self, memory: int) -> int:
        """Return the bytes that a runner may take of a worker that has so many."""
        return min(memory, _ROOM * self.memory) if self.memory else memory

    def with_tag(self, tag: str) -> Self:
        """Return the same with one more tag."""
        return replace(self, tags=tuple(sorted({*self.tags, tag})))


@dataclass(frozen=True, slots=True)
class Offers:
    """What a worker has; see `Needs`."""

    memory: int
    disk: int
    tags: frozenset[str] = frozenset()

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """Return what `as_json` wrote."""
        return cls(int(stored["memory"]), int(stored["disk"]), frozenset(stored["tags"]))

    def as_json(self) -> dict[str, Any]:
        """Return it as the database keeps it."""
        return {**asdict(self), "tags": sorted(self.tags)}

    def lacks(self, needs: Needs) -> list[str]:
        """Return what is missing, in words for people; empty if the worker will do."""
        missing = [
            f"{wanted / 1e9:.1f} GB of {what} (it has {has / 1e9:.1f})"
            for what, wanted, has in (
                ("memory", needs.memory, self.memory),
                ("free disk", needs.disk, self.disk),
            )
            if wanted > has
        ]
        return missing + sorted(set(needs.tags) - self.tags)


def of_model(*, parameters: int, size: int, tags: tuple[str, ...]) -> Needs:
    """Estimate what running a model takes.

    Args:
        parameters: of the model; they are held as float32.
        size: bytes of its files.
        tags: see `Needs`.
    """
    memory = round(parameters * _FLOAT32 * _OVERHEAD) + _BESIDE_WEIGHTS
    return Needs(memory=memory, disk=size, tags=tuple(sorted(tags)))
